import type { DecoderShape } from "../families/model-family.ts";
import { type Feeds, floatTensor, type HostTensor } from "./host-tensor.ts";
import type { KvCache } from "./kv-cache.ts";

/** Rows have room for a multiple of this, so that they seldom have to be moved and little padding is attended to. */
const stepTokens = 64;

/** An empty batch keeps this many bytes for the next one: fresh memory costs more than what is written to it. */
const keptBytes = 128 * 2 ** 20;

/** Share of its length by which a row gets more room than it needs: moving costs as much as attending to it for a while. */
const spare = 1 / 16;

/** Room beyond what is needed when memory is taken anew, so that a filling batch moves a few times only. */
const headroom = 1.5;

/**
 * Keys and values of several sequences, [rows, stride, kvWidth] per layer: each sequence in a row of its own, followed
 * by room up to the stride, which all rows share so that the whole goes into the graph as one view. The mask hides the
 * room. A sequence joins behind the last row; the last row takes the place of one that leaves.
 */
export class BatchCache {
  readonly #width: number;
  readonly #buffers = new Map<string, Float32Array>();
  #lengths: number[] = [];
  #stride = 0;

  constructor({ layers, kvWidth }: Pick<DecoderShape, "layers" | "kvWidth">) {
    this.#width = kvWidth;
    for (let layer = 0; layer < layers; layer++) {
      this.#buffers.set(`${layer}.key`, new Float32Array(0));
      this.#buffers.set(`${layer}.value`, new Float32Array(0));
    }
  }

  /** Tokens of each sequence. */
  get lengths(): readonly number[] {
    return this.#lengths;
  }

  /** Cached tokens that the graph is given of every row: with one row its own, else the stride. */
  get context(): number {
    return this.#lengths.length === 1 ? this.#lengths[0]! : this.#stride;
  }

  /** Copies a sequence into a new row. */
  join(kv: KvCache): void {
    const row = this.#lengths.length;
    this.#arrange(row + 1, kv.length + 1);
    this.#lengths.push(kv.length);
    for (const [name, buffer] of this.#buffers) buffer.set(kv.rows(name), row * this.#stride * this.#width);
  }

  /** Drops a row. */
  leave(row: number): void {
    const last = this.#lengths.pop()!;
    if (row < this.#lengths.length) {
      this.#lengths[row] = last;
      for (const buffer of this.#buffers.values()) this.#move(buffer, buffer, this.#lengths.length, row, this.#stride);
    }
    this.#arrange(this.#lengths.length, 1);
  }

  /** The `past.*` inputs of the decoder graph: views, valid until the next change. */
  feeds(): Feeds {
    const dims = [this.#lengths.length, this.context, this.#width];
    const feeds: Record<string, HostTensor> = {};
    for (const [name, buffer] of this.#buffers) {
      feeds[`past.${name}`] = floatTensor(buffer.subarray(0, dims[0]! * dims[1]! * dims[2]!), dims);
    }
    return feeds;
  }

  /**
   * Appends the `present.*` outputs of the decoder graph, [rows, tokens, kvWidth].
   *
   * @param counts new tokens of each row: the last ones of the outputs' row, behind padding
   */
  append(outputs: Readonly<Record<string, Float32Array>>, counts: readonly number[]): void {
    const tokens = Math.max(...counts);
    this.#arrange(counts.length, tokens);
    for (const [name, buffer] of this.#buffers) {
      const rows = outputs[`present.${name}`]!;
      for (const [row, count] of counts.entries()) {
        const end = (row + 1) * tokens;
        const added = rows.subarray((end - count) * this.#width, end * this.#width);
        buffer.set(added, (row * this.#stride + this.#lengths[row]!) * this.#width);
      }
    }
    this.#lengths = this.#lengths.map((length, row) => length + counts[row]!);
  }

  /** Gives every row room for `tokens` more; rows move only when the room is too small or mostly unused. */
  #arrange(rows: number, tokens: number): void {
    const needed = Math.max(0, ...this.#lengths) + tokens;
    const isWide = this.#stride > 1.5 * needed + 2 * stepTokens;
    const roomy = stepTokens * Math.ceil(((1 + spare) * needed) / stepTokens);
    const stride = needed > this.#stride || isWide ? roomy : this.#stride;
    const size = rows * stride * this.#width;
    for (const [name, buffer] of this.#buffers) {
      const fits = size <= buffer.length && (rows > 0 || buffer.byteLength * this.#buffers.size <= keptBytes);
      const target = fits ? buffer : new Float32Array(rows > 1 ? Math.ceil(headroom * size) : size);
      if (target === buffer && stride === this.#stride) continue;
      this.#moveAll(buffer, target, stride);
      this.#buffers.set(name, target);
    }
    this.#stride = stride;
  }

  /** Moves all rows to another stride, in an order in which none overwrites another that is still to be moved. */
  #moveAll(from: Float32Array, to: Float32Array, stride: number): void {
    const rows = this.#lengths.length;
    for (let index = 0; index < rows; index++) {
      const row = stride > this.#stride ? rows - 1 - index : index;
      this.#move(from, to, row, row, stride);
    }
  }

  #move(from: Float32Array, to: Float32Array, row: number, target: number, stride: number): void {
    const start = row * this.#stride * this.#width;
    const end = start + this.#lengths[target]! * this.#width;
    if (from === to) to.copyWithin(target * stride * this.#width, start, end);
    else to.set(from.subarray(start, end), target * stride * this.#width);
  }
}
