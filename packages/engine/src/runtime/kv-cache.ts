import type { DecoderShape } from "../families/model-family.ts";
import { type Feeds, floatTensor, type HostTensor } from "./host-tensor.ts";

/** The capacity is a multiple of this, so that decoding rarely copies the cache. */
const stepTokens = 256;

/**
 * Keys and values of all past tokens, token-major [capacity, kvWidth] per layer. A prefix view goes into the graph
 * without copying and the graph returns only new rows (specs/vlm.md C.6), so dropping tokens is setting a length.
 */
export class KvCache {
  readonly #width: number;
  readonly #buffers = new Map<string, Float32Array>();
  #capacity = 0;
  #length = 0;

  constructor(shape: Pick<DecoderShape, "layers" | "kvWidth">) {
    this.#width = shape.kvWidth;
    for (let layer = 0; layer < shape.layers; layer++) {
      this.#buffers.set(`${layer}.key`, new Float32Array(0));
      this.#buffers.set(`${layer}.value`, new Float32Array(0));
    }
  }

  /** Tokens in the cache. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for `tokens` tokens in all. Growing copies the cache once. */
  reserve(tokens: number): void {
    if (tokens <= this.#capacity) return;
    this.#capacity = stepTokens * Math.ceil(Math.max(tokens, 1.5 * this.#capacity) / stepTokens);
    for (const [name, buffer] of this.#buffers) {
      const larger = new Float32Array(this.#capacity * this.#width);
      larger.set(buffer.subarray(0, this.#length * this.#width));
      this.#buffers.set(name, larger);
    }
  }

  /** Keys or values of one layer, [length, kvWidth]: a view, valid until the next {@link append}. */
  rows(name: string): Float32Array {
    return this.#buffers.get(name)!.subarray(0, this.#length * this.#width);
  }

  /** The `past.*` inputs of the decoder graph: views, valid until the next {@link append}. */
  feeds(): Feeds {
    const dims = [1, this.#length, this.#width];
    const feeds: Record<string, HostTensor> = {};
    for (const name of this.#buffers.keys()) feeds[`past.${name}`] = floatTensor(this.rows(name), dims);
    return feeds;
  }

  /** Appends the `present.*` outputs of the decoder graph: `tokens` new rows in every layer. */
  append(outputs: Readonly<Record<string, Float32Array>>, tokens: number): void {
    this.reserve(this.#length + tokens);
    for (const [name, buffer] of this.#buffers) buffer.set(outputs[`present.${name}`]!, this.#length * this.#width);
    this.#length += tokens;
  }

  /** Forgets all but the first `tokens` tokens. */
  truncate(tokens: number): void {
    this.#length = Math.min(this.#length, tokens);
  }

  /**
   * A copy of the first `tokens` tokens that grows independently.
   *
   * @param room tokens in all that it soon will have
   */
  fork(tokens: number, room: number = tokens): KvCache {
    const copy = new KvCache({ layers: this.#buffers.size / 2, kvWidth: this.#width });
    copy.reserve(Math.max(tokens, room));
    for (const [name, buffer] of copy.#buffers) buffer.set(this.#buffers.get(name)!.subarray(0, tokens * this.#width));
    copy.#length = tokens;
    return copy;
  }

  /** Bytes of memory that the cache holds, used or not. */
  get byteLength(): number {
    return 4 * this.#buffers.size * this.#capacity * this.#width;
  }
}
