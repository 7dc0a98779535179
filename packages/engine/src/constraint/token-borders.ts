/** Tells whether a token could reach over the end of a text. */
export interface TokenBorders {
  /**
   * Of tokens that spell a forced text, those that the model would have chosen, too: the rest is cut off from the
   * first place where one longer token begins with all that is left, because the model may want to write what is left
   * and what follows it as one token. A model that is made to stop there continues badly.
   */
  settled(ids: readonly number[]): readonly number[];
}

/**
 * @param tokens bytes of every token that may be chosen
 */
export function createTokenBorders(tokens: readonly (Uint8Array | null)[]): TokenBorders {
  let sorted: readonly string[] | undefined;
  const textOf = (id: number): string => latin1(tokens[id] ?? new Uint8Array(0));

  /** True when a token begins with `text` and is longer: then it is the next one in the order of texts. */
  const isBeginning = (text: string): boolean => {
    sorted ??= [...new Set(tokens.flatMap((bytes) => (bytes === null ? [] : [latin1(bytes)])))].sort();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle]! <= text) low = middle + 1;
      else high = middle;
    }
    return sorted[low]?.startsWith(text) ?? false;
  };

  return {
    settled(ids) {
      const texts = ids.map(textOf);
      const open = ids.findIndex((_, index) => isBeginning(texts.slice(index).join("")));
      return open < 0 ? ids : ids.slice(0, open);
    },
  };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
