import { setImmediate } from "node:timers/promises";
import { throwIfAborted } from "../../onnx/throw-if-aborted.ts";
import { chunkElements, type StoredWeight } from "../stored-weight.ts";

/** Fills `target` [count, inputs] with rows from `first` on. Blocking. */
export type RowDecoder = (first: number, count: number, target: Float32Array) => void;

/**
 * A matrix in a quantised layout as float32.
 *
 * @param open reads what all rows need (scales, maps); called once a pass, and once for all single rows
 */
export function decodedWeight(shape: readonly [outputs: number, inputs: number], open: () => RowDecoder): StoredWeight {
  const [outputs, inputs] = shape;
  let kept: RowDecoder | undefined;
  return {
    shape,
    async *rows(signal) {
      const decode = open();
      const step = rowsAtOnce(shape);
      const buffer = new Float32Array(step * inputs);
      for (let first = 0; first < outputs; first += step) {
        const count = Math.min(step, outputs - first);
        const rows = buffer.subarray(0, count * inputs);
        decode(first, count, rows);
        yield rows;
        await setImmediate();
        throwIfAborted(signal);
      }
    },
    readRowSync: (row, target) => {
      kept ??= open();
      kept(row, 1, target);
    },
  };
}

/** Rows of a matrix that are decoded at once. */
export function rowsAtOnce([outputs, inputs]: readonly [outputs: number, inputs: number]): number {
  return Math.max(1, Math.min(outputs, Math.floor(chunkElements / inputs)));
}
