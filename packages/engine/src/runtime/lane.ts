import { abortError } from "@ocellus/core";
import type { FamilyModel } from "../families/model-family.ts";
import { BatchCache } from "./batch-cache.ts";
import { Decoder } from "./decoder.ts";
import type { Generation } from "./generation.ts";
import type { OnnxSession } from "./onnx-session.ts";
import type { SequenceState } from "./sequence-state.ts";
import { stepBatch } from "./step-batch.ts";

/** What a run of the graph costs beside its rows, in rows (3B at int4: 40 ms a run, 9 ms a row). */
const runRows = 5;

/** An answer that is being generated. */
export interface Member {
  readonly generation: Generation;
  readonly signal: AbortSignal;
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
  readonly #session: OnnxSession;
  readonly #model: FamilyModel;
  readonly #members: Member[] = [];
  readonly #cache: BatchCache;
  #alone: SequenceState | null = null;

  constructor(session: OnnxSession, model: FamilyModel) {
    this.#session = session;
    this.#model = model;
    this.#cache = new BatchCache(model.decoder);
  }

  /** Answers in the lane. */
  get size(): number {
    return this.#members.length;
  }

  /** Tokens that each answer has seen. */
  get lengths(): readonly number[] {
    return this.#alone === null ? this.#cache.lengths : [this.#alone.length];
  }

  /** Takes the only answer, whose prompt has been read; it keeps its state to itself. */
  hold(member: Member, state: SequenceState): void {
    this.#members.push(member);
    this.#alone = state;
  }

  /** Takes an answer whose prompt has been read. */
  join(member: Member, state: SequenceState): void {
    this.share();
    this.#cache.join(state.kv);
    this.#members.push(member);
    member.keep(state);
  }

  /** Moves an answer that is alone to where others can join, and gives away what its prompt left. */
  share(): void {
    if (this.#alone === null) return;
    const [state, member] = [this.#alone, this.#members.pop()!];
    this.#alone = null;
    this.join(member, state);
  }

  /** Runs the graph once and chooses the next token of each answer; those that are complete leave. Never rejects. */
  async step(): Promise<void> {
    this.#leaveWhen(({ signal }) => signal.aborted && (({ reject }) => reject(abortError(signal))));
    if (this.#members.length === 0) return;
    const members = [...this.#members];
    const failed = new Map<Member, unknown>();
    try {
      const logits = await this.#run(members.map(({ generation }) => generation));
      for (const [row, member] of members.entries()) {
        if (member.generation.pending > 0) continue;
        await member.generation.choose(logits[row]!).catch((error: unknown) => failed.set(member, error));
      }
    } catch (error) {
      for (const member of members) failed.set(member, error);
    }
    this.#leaveWhen((member) => failed.has(member) && (({ reject }) => reject(failed.get(member))));
    this.#leaveWhen(({ generation }) => generation.end !== null && (({ resolve }) => resolve()));
  }

  async #run(generations: readonly Generation[]): Promise<readonly Float32Array[]> {
    const tokens = tokensPerStep(generations.map(({ pending }) => pending));
    const inputs = generations.map((generation) => generation.nextInput(Math.min(tokens, generation.pending)));
    if (this.#alone === null) return stepBatch(this.#session, this.#model, this.#cache, inputs);
    const { embeddings, positions } = inputs[0]!;
    const decoder = new Decoder({ decoder: this.#session }, this.#model, this.#alone);
    return [await decoder.append(embeddings, positions, async () => undefined)];
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
      else if (member.generation.end !== null) member.keep(this.#alone);
      this.#alone = null;
      end(member);
    }
  }
}

/**
 * How many tokens each answer gives to the next run. Forced text makes one answer have several at once; in a batch all
 * rows are as long as the longest, so this weighs the useful tokens against the cost of the run.
 *
 * @param pending tokens of each answer that the decoder has not seen
 */
export function tokensPerStep(pending: readonly number[]): number {
  let best = 1;
  let bestRate = 0;
  for (const tokens of new Set(pending)) {
    const useful = pending.reduce((sum, own) => sum + Math.min(own, tokens), 0);
    const rate = useful / (runRows + pending.length * tokens);
    if (rate > bestRate) [best, bestRate] = [tokens, rate];
  }
  return best;
}
