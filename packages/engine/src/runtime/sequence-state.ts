import type { DecoderShape, RecurrentStateShape } from "../families/model-family.ts";
import type { Feeds } from "./host-tensor.ts";
import { KvCache } from "./kv-cache.ts";
import { RecurrentState, recurrentBytes } from "./recurrent-state.ts";

/** Earlier recurrent states that are kept of one sequence; each is as large as the running one. */
const maxSnapshots = 3;

interface Snapshot {
  /** Tokens that it has seen. */
  readonly length: number;
  readonly state: RecurrentState;
}

/**
 * What a decoder remembers of one sequence of tokens: keys and values a token, and for families with recurrent layers
 * their running state. Keys and values can be shared up to any token; recurrent states only where one was kept.
 */
export class SequenceState {
  readonly #shape: DecoderShape;
  readonly #states: readonly RecurrentStateShape[];
  readonly #kv: KvCache;
  #running: RecurrentState;
  /** Ascending by length. */
  #snapshots: readonly Snapshot[] = [];
  #wanted: readonly number[] = [];

  constructor(shape: DecoderShape, kv: KvCache = new KvCache(shape)) {
    this.#shape = shape;
    this.#states = shape.recurrentStates ?? [];
    this.#kv = kv;
    this.#running = RecurrentState.empty(this.#states);
  }

  /** The keys and values, which are all of the state where no layer is recurrent. */
  get kv(): KvCache {
    return this.#kv;
  }

  /** Tokens that have been seen. */
  get length(): number {
    return this.#kv.length;
  }

  /** The `past.*` inputs of the decoder graph: views, valid until the next {@link append}. */
  feeds(): Feeds {
    return { ...this.#kv.feeds(), ...this.#running.feeds() };
  }

  /** Takes the `present.*` outputs of the decoder graph after a run of `tokens` tokens. */
  append(outputs: Readonly<Record<string, Float32Array>>, tokens: number): void {
    this.#kv.append(outputs, tokens);
    this.#running = this.#running.next(outputs);
    if (this.#wanted.includes(this.length)) {
      const snapshot = { length: this.length, state: this.#running };
      this.#snapshots = [...this.#snapshots, snapshot].slice(-maxSnapshots);
    }
  }

  /** Forgets the last `tokens` tokens. Not where layers are recurrent: what they have seen stays in their state. */
  forget(tokens: number): void {
    this.#kv.truncate(this.length - tokens);
  }

  /**
   * Asks that {@link fork} be possible at these lengths. Only recurrent layers need to be told.
   *
   * @param lengths in tokens, ascending; those that have been passed already mean nothing
   */
  rememberAt(lengths: readonly number[]): void {
    if (this.#states.length > 0) this.#wanted = lengths;
  }

  /** The next length that {@link rememberAt} asked for: a run of the graph must not go beyond. */
  get nextStop(): number {
    return this.#wanted.find((length) => length > this.length) ?? Infinity;
  }

  /** The longest beginning of at most `tokens` tokens that {@link fork} can share. */
  reusable(tokens: number): number {
    if (tokens >= this.length) return this.length;
    if (this.#states.length === 0) return tokens;
    return this.#snapshots.findLast(({ length }) => length <= tokens)?.length ?? 0;
  }

  /**
   * A copy of the first `tokens` tokens that grows independently; `tokens` must be {@link reusable}.
   *
   * @param room tokens in all that it soon will have
   */
  fork(tokens: number, room?: number): SequenceState {
    const copy = new SequenceState(this.#shape, this.#kv.fork(tokens, room));
    copy.#snapshots = this.#snapshots.filter(({ length }) => length <= tokens);
    if (tokens === this.length) copy.#running = this.#running;
    else copy.#running = copy.#snapshots.at(-1)?.state ?? copy.#running;
    return copy;
  }

  /**
   * Gives up one recurrent state: what came after the last remembered length, else the earliest remembered one.
   *
   * @returns false when there is none to give up
   */
  shed(): boolean {
    const last = this.#snapshots.at(-1);
    if (last === undefined) return false;
    if (this.#running === last.state) this.#snapshots = this.#snapshots.slice(1);
    this.#kv.truncate(last.length);
    this.#running = last.state;
    return true;
  }

  /** Bytes of memory that the state holds, used or not. */
  get byteLength(): number {
    const states = new Set([this.#running, ...this.#snapshots.map(({ state }) => state)]);
    return this.#kv.byteLength + states.size * recurrentBytes(this.#states);
  }
}
