/** How many of the last tokens are looked for, the most first: what follows more of them is the more certain. */
const sizes = [8, 4, 2];

/**
 * What a guess may cost, as part of a step; it is worth its cost when it comes true more often. Measured at the shape of
 * Qwen2.5-VL-3B in int4 it is a fifth (a run of 1 / 2 / 4 / 8 tokens takes 45 / 52 / 72 / 108 ms), but up to a half where
 * other programs need the processors, too.
 */
const guessCost = 1 / 3;

/** Nothing is taken for more certain. */
const surest = 0.99;

/** Earlier guesses count less with every new one. */
const memory = 0.95;

/** Each time that nothing is guessed for want of trust some of it returns, so that now and then there is a try. */
const regainedHits = 0.03;

/** What is known of the guesses behind so many tokens that were alike. */
interface Trust {
  readonly size: number;
  /** For each sequence of `size` tokens that something follows, the place behind its latest occurrence. */
  readonly places: Map<string, number>;
  hits: number;
  misses: number;
}

/**
 * Guesses how an answer goes on: as the text did after the latest earlier place with the same last tokens, in the prompt
 * or in the answer itself (prompt lookup decoding, Saxena 2023). Whoever asks verifies the guesses. How many there are
 * follows from how often earlier ones came true: so many that even the last one is worth its cost, taking all guesses as
 * equally probable.
 */
export class PromptLookup {
  readonly #known: number[] = [];
  readonly #trusts: readonly Trust[] = sizes.map((size) => ({ size, places: new Map(), hits: 1, misses: 1 }));
  /** Where the last guesses came from. */
  #asked: Trust = this.#trusts[0]!;
  /** Tokens of the answer that are known. */
  #answered = 0;

  /** @param prompt ids; negative numbers stand for what is no text */
  constructor(prompt: readonly number[]) {
    for (const id of prompt) this.#know(id);
  }

  /**
   * What may follow; empty where nothing is alike, or where guesses seldom come true.
   *
   * @param answer the whole answer so far, which continues that of the call before
   * @param most bound on the tokens
   */
  propose(answer: readonly number[], most: number): readonly number[] {
    while (this.#answered < answer.length) this.#know(answer[this.#answered++]!);
    for (const trust of this.#trusts) {
      const place = trust.places.get(this.#tail(trust.size));
      if (place === undefined) continue;
      this.#asked = trust;
      return this.#textFrom(place, Math.min(most, worthwhileGuesses(trust)));
    }
    return [];
  }

  /** Learns how many of the proposed tokens, at least one, came true. */
  learn(proposed: number, accepted: number): void {
    const trust = this.#asked;
    trust.hits = memory * trust.hits + accepted;
    trust.misses = memory * trust.misses + (accepted < proposed ? 1 : 0);
  }

  #know(id: number): void {
    for (const { size, places } of this.#trusts) {
      if (this.#known.length >= size) places.set(this.#tail(size), this.#known.length);
    }
    this.#known.push(id);
  }

  #tail(size: number): string {
    return this.#known.slice(-size).join();
  }

  /** At most `most` tokens from a place on, as if what repeats itself went on repeating. */
  #textFrom(place: number, most: number): number[] {
    const text: number[] = [];
    const { length } = this.#known;
    for (let at = place; text.length < most; at++) {
      const id = this.#known[at] ?? text[at - length]!;
      if (id < 0) break;
      text.push(id);
    }
    return text;
  }
}

/** How many guesses in a row are worth their cost. */
function worthwhileGuesses(trust: Trust): number {
  const rate = Math.min(surest, trust.hits / (trust.hits + trust.misses));
  if (rate >= guessCost) return Math.max(1, Math.floor(Math.log(guessCost) / Math.log(rate)));
  trust.hits += regainedHits;
  return 0;
}
