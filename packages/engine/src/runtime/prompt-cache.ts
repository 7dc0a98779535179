import type { DecoderShape } from "../families/model-family.ts";
import { SequenceState } from "./sequence-state.ts";

/** Shorter common beginnings are cheaper to compute again than to look after. */
const worthwhileTokens = 8;

/** Tokens of an answer for which a copied beginning has room, so that it is not moved at once. */
const answerRoom = 64;

/** What a prompt begins with and shares with an earlier one. */
export interface ReusedPrompt {
  /** Has seen the shared tokens; belongs to the caller until it is kept again. */
  readonly state: SequenceState;
  /** Tokens of the prompt that need not be computed. */
  readonly reused: number;
}

interface Entry {
  readonly keys: readonly number[];
  readonly state: SequenceState;
}

/**
 * What earlier prompts left in the decoder, found again by what the prompts begin with: a fixed system prompt is computed
 * once, and so is a picture that is asked about twice or the earlier turns of a chat.
 *
 * A prompt is known by one number a token: its id, or for the rows of a picture a number that stands for its content.
 */
export class PromptCache {
  readonly #shape: DecoderShape;
  readonly #maxBytes: number;
  /** Least recently used first. */
  #entries: Entry[] = [];

  /** @param maxBytes memory that kept prompts may hold together; 0 keeps none */
  constructor(shape: DecoderShape, maxBytes: number) {
    this.#shape = shape;
    this.#maxBytes = maxBytes;
  }

  /**
   * The longest known beginning of a prompt. At least the last token is left to compute, since its scores are wanted.
   * An entry that the prompt continues is handed over; of one that it only shares a part with, the part is copied.
   *
   * @param partings lengths at which later prompts may part from this one, ascending
   */
  take(keys: readonly number[], partings: readonly number[] = []): ReusedPrompt {
    const taken = this.#take(keys);
    if (this.#maxBytes > 0) taken.state.rememberAt(partings.filter((length) => length >= worthwhileTokens));
    return taken;
  }

  #take(keys: readonly number[]): ReusedPrompt {
    let best: Entry | undefined;
    let reused = 0;
    for (const entry of this.#entries) {
      const common = entry.state.reusable(Math.min(commonLength(entry.keys, keys), keys.length - 1));
      if (common > reused) {
        best = entry;
        reused = common;
      }
    }
    if (best === undefined || reused < worthwhileTokens) return { state: new SequenceState(this.#shape), reused: 0 };
    this.#entries = this.#entries.filter((entry) => entry !== best);
    if (reused === best.keys.length) return { state: best.state, reused };
    this.#entries.push(best);
    // The first tokens of the answer go in with the prompt.
    return { state: best.state.fork(reused, keys.length + answerRoom), reused };
  }

  /**
   * Keeps what a prompt and its answer left in the decoder, and drops the least recently used beyond the bound. Of two
   * that begin alike the longer one is enough.
   */
  keep(keys: readonly number[], state: SequenceState): void {
    while (state.byteLength > this.#maxBytes && state.shed());
    const entry = { keys: keys.slice(0, state.length), state };
    if (this.#entries.some((other) => covers(other, entry))) return;
    this.#entries = this.#entries.filter((other) => !covers(entry, other));
    this.#entries.push(entry);
    let bytes = this.#entries.reduce((sum, entry) => sum + entry.state.byteLength, 0);
    while (bytes > this.#maxBytes) bytes -= this.#entries.shift()!.state.byteLength;
  }
}

/** True when everything that can be had of `part` can be had of `whole`. */
function covers(whole: Entry, part: Entry): boolean {
  const { length } = part.keys;
  return commonLength(whole.keys, part.keys) === length && whole.state.reusable(length) === length;
}

/** How many numbers two lists begin with alike. */
export function commonLength(a: readonly number[], b: readonly number[]): number {
  const end = Math.min(a.length, b.length);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return length;
}
