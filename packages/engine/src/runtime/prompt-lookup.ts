/** What is looked for: the last tokens, the longer ones first, whose continuation is the more certain. */
const sizes = [4, 2];

/** Tokens that are proposed first, and at least. */
const leastProposed = 3;

/** Longest time without proposals, in steps. */
const longestPause = 32;

/**
 * Proposes how an answer may go on: as what followed the latest earlier place with the same last tokens, in the prompt
 * or in the answer itself (prompt lookup decoding, Saxena 2023). Whoever asks verifies the proposals; they are
 * free where they come true and cost a wider run where not, so they get longer while they do and pause while not.
 */
export class PromptLookup {
  readonly #known: number[] = [];
  /** For every size the places behind the latest occurrence of each sequence that something follows. */
  readonly #places = sizes.map(() => new Map<string, number>());
  /** Tokens of the answer that are known. */
  #answered = 0;
  #reach = leastProposed;
  #pause = 0;
  #waiting = 0;

  /** @param prompt ids; negative numbers stand for what is no text */
  constructor(prompt: readonly number[]) {
    for (const id of prompt) this.#know(id);
  }

  /**
   * What may follow; empty where nothing is alike.
   *
   * @param answer the whole answer so far, which continues that of the call before
   * @param most bound on the tokens
   */
  propose(answer: readonly number[], most: number): readonly number[] {
    while (this.#answered < answer.length) this.#know(answer[this.#answered++]!);
    if (this.#waiting > 0) {
      this.#waiting--;
      return [];
    }
    const place = this.#placeAlike();
    if (place === undefined) return [];
    const proposed: number[] = [];
    const { length } = this.#known;
    for (let at = place; proposed.length < Math.min(most, this.#reach); at++) {
      // What repeats itself goes on repeating.
      const id = this.#known[at] ?? proposed[at - length]!;
      if (id < 0) break;
      proposed.push(id);
    }
    return proposed;
  }

  /** Learns how many of the proposed tokens, at least one, came true. */
  learn(proposed: number, accepted: number): void {
    this.#pause = accepted > 0 ? 0 : Math.min(longestPause, 2 * this.#pause + 1);
    this.#waiting = this.#pause;
    this.#reach = Math.max(leastProposed, accepted === proposed ? 2 * proposed : accepted + 1);
  }

  #know(id: number): void {
    for (const [index, size] of sizes.entries()) {
      if (this.#known.length >= size) this.#places[index]!.set(this.#tail(size), this.#known.length);
    }
    this.#known.push(id);
  }

  #placeAlike(): number | undefined {
    for (const [index, size] of sizes.entries()) {
      const place = this.#places[index]!.get(this.#tail(size));
      if (place !== undefined) return place;
    }
    return undefined;
  }

  #tail(size: number): string {
    return this.#known.slice(-size).join();
  }
}
