import { rowElements, type StoredWeight } from "../stored-weight.ts";

/** A matrix as the product of two thin ones, in memory. */
export interface LowRank {
  /** [rows, rank] row-major. */
  readonly left: Float32Array;
  /** [rank, width] row-major. */
  readonly right: Float32Array;
  readonly rank: number;
  readonly scaling: number;
  /** DoRA's length of every row of the result [rows]; undefined for plain LoRA. */
  readonly magnitude: Float32Array | undefined;
}

/**
 * A weight with an adapter merged into it: W + s·B·A; for DoRA (arXiv:2402.09353) every row of that is then scaled to
 * the length m: m ⊙ (W + s·B·A) / ‖W + s·B·A‖₂.
 *
 * @param load reads the thin matrices; called once a pass, and once for all single rows
 */
export function mergedWeight(base: StoredWeight, load: () => LowRank): StoredWeight {
  const width = rowElements(base.shape);
  let kept: LowRank | undefined;
  return {
    shape: base.shape,
    async *rows(signal) {
      const change = load();
      const scratch = new Float32Array(width);
      let row = 0;
      for await (const chunk of base.rows(signal)) {
        for (let start = 0; start < chunk.length; start += width) {
          mergeRow(chunk.subarray(start, start + width), change, row++, scratch);
        }
        yield chunk;
      }
    },
    readRowSync: (row, target) => {
      kept ??= load();
      base.readRowSync(row, target);
      mergeRow(target, kept, row, new Float32Array(width));
    },
  };
}

/** Changes one row in place. */
function mergeRow(values: Float32Array, change: LowRank, row: number, scratch: Float32Array): void {
  const { left, right, rank, scaling, magnitude } = change;
  const width = values.length;
  scratch.fill(0);
  for (let k = 0; k < rank; k += 4) {
    // Four at a time: the loop is bound by loading and storing the sums. Past the end the factor is zero.
    const [l0, l1, l2, l3] = [0, 1, 2, 3].map((i) => (k + i < rank ? left[row * rank + k + i]! : 0));
    const [r0, r1, r2, r3] = [0, 1, 2, 3].map((i) => Math.min(k + i, rank - 1) * width);
    for (let i = 0; i < width; i++) {
      scratch[i]! += l0! * right[r0! + i]! + l1! * right[r1! + i]! + l2! * right[r2! + i]! + l3! * right[r3! + i]!;
    }
  }
  for (let i = 0; i < width; i++) values[i]! += scaling * scratch[i]!;
  if (magnitude === undefined) return;
  let squares = 0;
  for (let i = 0; i < width; i++) squares += values[i]! * values[i]!;
  const factor = magnitude[row]! / Math.sqrt(squares);
  for (let i = 0; i < width; i++) values[i]! *= factor;
}
