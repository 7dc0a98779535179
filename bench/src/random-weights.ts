import type { TensorSpec } from "./checkpoint-tensors.ts";

/** How weights are stored. */
export type WeightDtype = "F32" | "F16" | "BF16";

/** Standard deviation that transformers initialises these models with (`initializer_range`). */
const deviation = 0.02;

/** Values drawn once; longer tensors are put together from random slices of them, which is as fast as the disk. */
const tableLength = 1 << 21;

/** Longest slice, in values. */
const sliceLength = 1 << 18;

/** Bytes of one stored value. */
export function dtypeBytes(dtype: WeightDtype): number {
  return dtype === "F32" ? 4 : 2;
}

/** Makes the bytes of tensors, the same for the same seed. */
export class RandomWeights {
  readonly #dtype: WeightDtype;
  readonly #uniform: () => number;
  readonly #table: Uint8Array;

  /** @param seed any integer */
  constructor(dtype: WeightDtype, seed: number) {
    this.#dtype = dtype;
    this.#uniform = mulberry32(seed);
    this.#table = store(
      Float32Array.from({ length: tableLength }, () => this.#normal()),
      dtype,
    );
  }

  /** The bytes of a tensor in pieces: N(0, 0.02²), or ones. */
  *pieces({ shape, ones }: TensorSpec): Iterable<Uint8Array> {
    const count = shape.reduce((product, side) => product * side, 1);
    if (ones) {
      yield store(new Float32Array(count).fill(1), this.#dtype);
      return;
    }
    const size = dtypeBytes(this.#dtype);
    for (let done = 0; done < count; ) {
      const length = Math.min(sliceLength, count - done);
      const start = Math.floor(this.#uniform() * (tableLength - length));
      yield this.#table.subarray(start * size, (start + length) * size);
      done += length;
    }
  }

  /** Box and Muller's transform of two uniform numbers. */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#uniform()));
    return deviation * radius * Math.cos(2 * Math.PI * this.#uniform());
  }
}

/** Uniform numbers in [0, 1) from a 32-bit state (Tommy Ettinger's mulberry32). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Little-endian bytes of values at a dtype; bfloat16 and float16 are cut, which is close enough for random numbers. */
function store(values: Float32Array, dtype: WeightDtype): Uint8Array {
  if (dtype === "F32") return new Uint8Array(values.buffer);
  const bits = new Uint32Array(values.buffer);
  const narrow = dtype === "BF16" ? (word: number) => word >>> 16 : float16Bits;
  return new Uint8Array(Uint16Array.from(bits, narrow).buffer);
}

/** float32 bits → float16 bits of numbers that float16 holds as normal ones; smaller ones become zero. */
function float16Bits(word: number): number {
  const exponent = ((word >>> 23) & 0xff) - 127 + 15;
  if (exponent <= 0) return 0;
  return ((word >>> 16) & 0x8000) | (exponent << 10) | ((word >>> 13) & 0x3ff);
}
