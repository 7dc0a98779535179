/** Integers with a scale per block, as com.microsoft.MatMulNBits takes them (specs/vlm.md C.3). */
export interface StoredBlocks {
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** True when blocks have zero points of their own; false when all are 2^(bits−1). */
  readonly hasZeroPoints: boolean;
  /** Whole rows in chunks, in order. */
  rows(signal?: AbortSignal): AsyncIterable<BlockRows>;
}

/** Some rows of a matrix [rows, inputs], cut into b = ceil(inputs / blockSize) blocks each. */
export interface BlockRows {
  /** [rows, b, blockSize · bits / 8], the first value in the low bits. */
  readonly packed: Uint8Array;
  /** [rows, b]. */
  readonly scales: Float32Array;
  /** [rows, ceil(b · bits / 8)], the first value in the low bits; empty without zero points. */
  readonly zeroPoints: Uint8Array;
}
