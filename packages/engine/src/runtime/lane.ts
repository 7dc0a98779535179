import { abortError } from "@ocellus/core";
import type { FamilyModel } from "../families/model-family.ts";
import { Decoder } from "./decoder.ts";
import type { DecoderSessions } from "./decoder-sessions.ts";
import type { Generation } from "./generation.ts";
import type { PromptLookup } from "./prompt-lookup.ts";
import type { SequenceState } from "./sequence-state.ts";
import { SharedCache } from "./shared-cache.ts";
import { stepBatch } from "./step-batch.ts";

/**
 * Tokens that one run chooses where guesses are among them: at the shape of Qwen2.5-VL-3B in int4 a run of 8 takes less
 * than twice as long as one of a single token.
 */
const widestRun = 8;

/**
 * Tokens that may wait in front of guesses: with more, the run is wide without them. Together they stay below the width
 * from which on other weights compute (decoder-sessions.ts), so that guesses do not change what is chosen.
 */
const mostPending = 8;

/** An answer that is being generated. */
export interface Member {
  readonly generation: Generation;
  readonly signal: AbortSignal;
  /** Guesses how it goes on; absent where only what is certain goes through the decoder. */
  readonly lookup: PromptLookup | undefined;
  /** What its prompt is known by in the prompt cache, a number a token. */
  readonly keys: readonly number[];
  /** Takes what the decoder knows when the lane needs it no more. */
  readonly keep: (state: SequenceState) => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers that step together: one run of the graph gives each its next token. An answer that came alone keeps the state
 * that its prompt left until others join.
 */
export class Lane {
  readonly #sessions: DecoderSessions;
  readonly #model: FamilyModel;
  readonly #members: Member[] = [];
  readonly #cache: SharedCache;
  #alone: { readonly state: SequenceState; readonly decoder: Decoder } | null = null;

  constructor(sessions: DecoderSessions, model: FamilyModel) {
    this.#sessions = sessions;
    this.#model = model;
    this.#cache = new SharedCache(model.decoder);
  }

  /** Answers in the lane. */
  get size(): number {
    return this.#members.length;
  }

  /** What a step would read in vain if an answer joined: see {@link SharedCache.waste}. */
  waste(state: SequenceState, keys: readonly number[]): number {
    this.share();
    return this.#cache.waste(state.length, keys);
  }

  /** Takes the only answer, whose prompt has been read; it keeps its state to itself. */
  hold(member: Member, state: SequenceState): void {
    this.#members.push(member);
    this.#alone = { state, decoder: new Decoder(this.#sessions, this.#model, state) };
  }

  /** Takes an answer whose prompt has been read; one for which there is no memory fails, and no other does. */
  join(member: Member, state: SequenceState): void {
    this.share();
    try {
      this.#cache.join(state.kv, member.keys);
    } catch (error) {
      member.reject(error);
      return;
    }
    this.#members.push(member);
    member.keep(state);
  }

  /** Moves an answer that is alone to where others can join, and gives away what its prompt left. */
  share(): void {
    if (this.#alone === null) return;
    const [{ state }, member] = [this.#alone, this.#members.pop()!];
    this.#alone = null;
    this.join(member, state);
  }

  /** Runs the graph once and chooses the next tokens of each answer; those that are complete leave. Never rejects. */
  async step(): Promise<void> {
    this.#leaveWhen(({ signal }) => signal.aborted && (({ reject }) => reject(abortError(signal))));
    if (this.#members.length === 0) return;
    const members = [...this.#members];
    const failed = new Map<Member, unknown>();
    try {
      const pending = members.reduce((sum, { generation }) => sum + generation.pending, 0);
      const proposals = members.map((member) => (pending > mostPending ? [] : this.#propose(member)));
      const logits = await this.#run(members, proposals);
      for (const [index, member] of members.entries()) {
        const choosing = this.#choose(index, logits[index]!, proposals[index]!);
        await choosing.catch((error: unknown) => failed.set(member, error));
      }
    } catch (error) {
      for (const member of members) failed.set(member, error);
    }
    this.#leaveWhen((member) => failed.has(member) && (({ reject }) => reject(failed.get(member))));
    this.#leaveWhen(({ generation }) => generation.end !== null && (({ resolve }) => resolve()));
  }

  /** Tokens with which an answer perhaps goes on. All answers together get as many as a run takes with little cost. */
  #propose({ generation, lookup }: Member): readonly number[] {
    // Behind the last guess one more token is chosen.
    const most = Math.min(Math.floor(widestRun / this.size), generation.room) - 1;
    return most > 0 && lookup !== undefined ? lookup.propose(generation.tokenIds, most) : [];
  }

  /** @returns for each answer the logits [vocab] behind its last token, and behind each proposed one */
  async #run(members: readonly Member[], proposals: readonly (readonly number[])[]): Promise<Float32Array[][]> {
    const inputs = members.map(({ generation }, index) => {
      const proposed = proposals[index]!;
      return { ...generation.nextInput(generation.pending, proposed), scored: 1 + proposed.length };
    });
    if (this.#alone === null) return stepBatch(this.#sessions, this.#model, this.#cache, inputs);
    const [input] = inputs;
    const { decoder } = this.#alone;
    if (input!.scored > 1) return [await decoder.extend(input!)];
    return [[await decoder.append(input!.embeddings, input!.positions, async () => undefined)]];
  }

  /** Takes what the logits say, and forgets what was proposed in vain. */
  async #choose(index: number, logits: readonly Float32Array[], proposed: readonly number[]): Promise<void> {
    const { generation, lookup } = this.#members[index]!;
    const accepted = await generation.choose(logits, proposed);
    if (proposed.length === 0) return;
    lookup?.learn(proposed.length, accepted);
    const refused = proposed.length - accepted;
    if (this.#alone === null) this.#cache.forget(index, refused);
    else this.#alone.state.forget(refused);
  }

  /** Lets the answers go for which `ending` gives a function, and calls that. */
  #leaveWhen(ending: (member: Member) => false | ((member: Member) => void)): void {
    for (let row = this.#members.length - 1; row >= 0; row--) {
      const member = this.#members[row]!;
      const end = ending(member);
      if (end === false) continue;
      const last = this.#members.pop()!;
      if (last !== member) this.#members[row] = last;
      if (this.#alone === null) this.#cache.leave(row);
      else if (member.generation.end !== null) member.keep(this.#alone.state);
      this.#alone = null;
      end(member);
    }
  }
}
