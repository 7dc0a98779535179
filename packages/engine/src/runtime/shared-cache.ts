import type { DecoderShape } from "../families/model-family.ts";
import { masked } from "./attention-mask.ts";
import { type Feeds, floatTensor, type HostTensor } from "./host-tensor.ts";
import type { KvCache } from "./kv-cache.ts";
import { commonLength } from "./prompt-cache.ts";

/** An empty cache keeps this many bytes for the next answers: fresh memory costs more than what is written to it. */
const keptBytes = 128 * 2 ** 20;

/** Room beyond what is needed when memory is taken anew, so that a growing cache is moved a few times only. */
const headroom = 1.5;

/** Unused rows are closed up when there are this many of them, and more than used ones. */
const leastClosed = 256;

/** Owner of a row that belongs to the common beginning, and of one that nobody sees any more. */
const common = -1;
const unused = -2;

interface Member {
  readonly id: number;
  /** Rows of the common beginning that it sees. */
  readonly shared: number;
  /** Tokens that it has seen. */
  readonly length: number;
}

/**
 * Keys and values of several sequences as if they were one, [rows, kvWidth] per layer: first the beginning that they have
 * in common (a folder's system prompt is there once), then the rows of all of them in the order in which they came. The
 * mask lets every sequence see its own. New tokens of all sequences go through the graph as tokens of one sequence.
 */
export class SharedCache {
  readonly #width: number;
  readonly #buffers = new Map<string, Float32Array>();
  #capacity = 0;
  #rows = 0;
  /** Whose each row is, and its place in that sequence. */
  #owners = new Int32Array(0);
  #places = new Int32Array(0);
  #unused = 0;
  /** What the common beginning is known by, a number a row. */
  #beginning: readonly number[] = [];
  #members: Member[] = [];
  #nextId = 0;

  constructor({ layers, kvWidth }: Pick<DecoderShape, "layers" | "kvWidth">) {
    this.#width = kvWidth;
    for (let layer = 0; layer < layers; layer++) {
      this.#buffers.set(`${layer}.key`, new Float32Array(0));
      this.#buffers.set(`${layer}.value`, new Float32Array(0));
    }
  }

  /** Rows that the graph is given. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * What a step would read in vain if a sequence joined: pairs of a token and a row that it does not see.
   *
   * @param keys what its beginning is known by, a number a token
   */
  waste(length: number, keys: readonly number[]): number {
    if (this.#members.length === 0) return 0;
    const shared = commonLength(this.#beginning, keys);
    return this.#members.length * (length - shared) + this.#rows - shared;
  }

  /** Takes a sequence; the first one gives the beginning that later ones may share. */
  join(kv: KvCache, keys: readonly number[]): void {
    const isFirst = this.#members.length === 0;
    if (isFirst) this.#beginning = keys.slice(0, kv.length);
    const shared = commonLength(this.#beginning, keys);
    const id = this.#nextId++;
    const start = isFirst ? 0 : shared;
    this.#reserve(this.#rows + kv.length - start);
    for (const [name, buffer] of this.#buffers) {
      buffer.set(kv.rows(name).subarray(start * this.#width), this.#rows * this.#width);
    }
    for (let place = start; place < kv.length; place++) this.#own(place < shared ? common : id, place);
    this.#members.push({ id, shared, length: kv.length });
  }

  /** Drops a sequence; the last one takes its number. */
  leave(index: number): void {
    const { id } = this.#members[index]!;
    const last = this.#members.pop()!;
    if (index < this.#members.length) this.#members[index] = last;
    for (let row = this.#beginning.length; row < this.#rows; row++) {
      if (this.#owners[row] !== id) continue;
      this.#owners[row] = unused;
      this.#unused++;
    }
    if (this.#members.length === 0) this.#clear();
    else this.#closeUp();
  }

  /** The `past.*` inputs of the decoder graph: views, valid until the next change. */
  feeds(): Feeds {
    const dims = [1, this.#rows, this.#width];
    const feeds: Record<string, HostTensor> = {};
    for (const [name, buffer] of this.#buffers) {
      feeds[`past.${name}`] = floatTensor(buffer.subarray(0, this.#rows * this.#width), dims);
    }
    return feeds;
  }

  /**
   * The additive mask [1, 1, tokens, rows + tokens] of new tokens, those of the first sequence first.
   *
   * @param counts new tokens of each sequence
   * @param window tokens that each looks back over, itself included; everything when absent
   */
  mask(counts: readonly number[], window: number = Number.POSITIVE_INFINITY): HostTensor {
    const tokens = counts.reduce((sum, count) => sum + count, 0);
    const width = this.#rows + tokens;
    const mask = new Float32Array(tokens * width).fill(masked);
    let before = 0;
    for (const [index, { id, shared, length }] of this.#members.entries()) {
      const count = counts[index]!;
      for (let token = 0; token < count; token++) {
        const line = (before + token) * width;
        const first = Math.max(0, length + token + 1 - window);
        mask.fill(0, line + Math.min(first, shared), line + shared);
        for (let row = this.#beginning.length; row < this.#rows; row++) {
          if (this.#owners[row] === id && this.#places[row]! >= first) mask[line + row] = 0;
        }
        const fresh = line + this.#rows + before;
        mask.fill(0, fresh + Math.max(0, first - length), fresh + token + 1);
      }
      before += count;
    }
    return floatTensor(mask, [1, 1, tokens, width]);
  }

  /** Appends the `present.*` outputs of the decoder graph: the rows of the new tokens in the order of {@link mask}. */
  append(outputs: Readonly<Record<string, Float32Array>>, counts: readonly number[]): void {
    const tokens = counts.reduce((sum, count) => sum + count, 0);
    this.#reserve(this.#rows + tokens);
    for (const [name, buffer] of this.#buffers) buffer.set(outputs[`present.${name}`]!, this.#rows * this.#width);
    this.#members = this.#members.map((member, index) => {
      const length = member.length + counts[index]!;
      for (let place = member.length; place < length; place++) this.#own(member.id, place);
      return { ...member, length };
    });
  }

  /** Forgets the last `tokens` tokens of a sequence. */
  forget(index: number, tokens: number): void {
    const member = this.#members[index]!;
    const length = member.length - tokens;
    this.#members[index] = { ...member, length };
    for (let row = this.#rows, left = tokens; left > 0; ) {
      if (this.#owners[--row] !== member.id) continue;
      this.#owners[row] = unused;
      this.#unused++;
      left--;
    }
    while (this.#owners[this.#rows - 1] === unused) {
      this.#rows--;
      this.#unused--;
    }
    this.#closeUp();
  }

  #own(owner: number, place: number): void {
    this.#owners[this.#rows] = owner;
    this.#places[this.#rows] = place;
    this.#rows++;
  }

  /** Takes memory for so many rows; where that fails the cache is as before. */
  #reserve(rows: number): void {
    if (rows <= this.#capacity) return;
    const capacity = Math.ceil(headroom * rows);
    for (const [name, buffer] of this.#buffers) {
      const larger = new Float32Array(capacity * this.#width);
      larger.set(buffer.subarray(0, this.#rows * this.#width));
      this.#buffers.set(name, larger);
    }
    this.#owners = enlarged(this.#owners, this.#rows, capacity);
    this.#places = enlarged(this.#places, this.#rows, capacity);
    this.#capacity = capacity;
  }

  /** Moves the used rows together once most are not. */
  #closeUp(): void {
    const seen = Math.max(...this.#members.map(({ shared }) => shared));
    const idle = this.#unused + this.#beginning.length - seen;
    if (idle < leastClosed || 2 * idle < this.#rows) return;
    let rows = 0;
    for (let row = 0; row < this.#rows; row++) {
      const owner = this.#owners[row]!;
      if (owner === unused || (owner === common && row >= seen)) continue;
      if (rows < row) this.#move(row, rows);
      rows++;
    }
    this.#beginning = this.#beginning.slice(0, seen);
    this.#rows = rows;
    this.#unused = 0;
  }

  #move(from: number, to: number): void {
    this.#owners[to] = this.#owners[from]!;
    this.#places[to] = this.#places[from]!;
    for (const buffer of this.#buffers.values()) {
      buffer.copyWithin(to * this.#width, from * this.#width, (from + 1) * this.#width);
    }
  }

  #clear(): void {
    this.#rows = 0;
    this.#unused = 0;
    this.#beginning = [];
    if (4 * this.#buffers.size * this.#capacity * this.#width <= keptBytes) return;
    this.#capacity = 0;
    for (const name of this.#buffers.keys()) this.#buffers.set(name, new Float32Array(0));
  }
}

/** The first `used` numbers in a list of the given length. */
function enlarged(list: Int32Array, used: number, length: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(length);
  larger.set(list.subarray(0, used));
  return larger;
}
