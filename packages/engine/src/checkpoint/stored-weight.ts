import type { Checkpoint, TensorInfo } from "@ocellus/hub";
import { floatElementBytes, toFloat32 } from "./float32.ts";
import type { StoredBlocks } from "./stored-blocks.ts";

/** Floats read at once while streaming a matrix: 4 MiB of float32, which stay in a processor's cache until they are used. */
export const chunkElements: number = 1 << 20;

/**
 * One weight of a checkpoint as float32, however it is stored. Layers lie around each other: a quantised layout or a
 * plain tensor at the bottom, the changes of an adapter above it.
 */
export interface StoredWeight {
  readonly shape: readonly number[];
  /**
   * The values in chunks of whole rows of the first axis, in order. A chunk belongs to the receiver, who may change it,
   * until the next one is asked for; then it may be overwritten.
   */
  rows(signal?: AbortSignal): AsyncIterable<Float32Array>;
  /** Copies one row of the first axis into `target`, synchronously. */
  readRowSync(row: number, target: Float32Array): void;
  /** The same values as blocks of integers, where they are stored so; an adapter above has none. */
  readonly blocks?: StoredBlocks | undefined;
}

/** A tensor of floating-point numbers, read from its file. Throws ModelLoadError when read with another dtype. */
export function plainWeight(checkpoint: Checkpoint, tensor: TensorInfo, name: string): StoredWeight {
  let rowBytes = new Uint8Array(0);
  const widthOf = (): number => rowElements(tensor.shape) * floatElementBytes(tensor.dtype, tensor.name);
  return {
    shape: tensor.shape,
    async *rows(signal) {
      const width = widthOf();
      const rowsAtOnce = Math.max(1, Math.floor(chunkElements / rowElements(tensor.shape)));
      const step = rowsAtOnce * width;
      const into = new Uint8Array(Math.min(step, tensor.byteLength));
      const values = new Float32Array(into.byteLength / floatElementBytes(tensor.dtype, tensor.name));
      for (let start = 0; start < tensor.byteLength; start += step) {
        const end = Math.min(start + step, tensor.byteLength);
        yield toFloat32(await checkpoint.readTensor(tensor, { start, end, into, signal }), tensor.dtype, name, values);
      }
    },
    readRowSync: (row, target) => {
      const width = widthOf();
      if (rowBytes.byteLength !== width) rowBytes = new Uint8Array(width);
      checkpoint.readTensorBytesSync(tensor, row * width, rowBytes);
      target.set(toFloat32(rowBytes, tensor.dtype, name));
    },
  };
}

/** All values of a small tensor, blocking. */
export function readTensorSync(checkpoint: Checkpoint, tensor: TensorInfo): Float32Array {
  const bytes = new Uint8Array(tensor.byteLength);
  checkpoint.readTensorBytesSync(tensor, 0, bytes);
  return toFloat32(bytes, tensor.dtype, tensor.name);
}

/** All values of a weight, row-major. */
export async function readWhole(weight: StoredWeight, signal?: AbortSignal): Promise<Float32Array> {
  const values = new Float32Array(weight.shape.reduce((product, side) => product * side, 1));
  let filled = 0;
  for await (const chunk of weight.rows(signal)) {
    values.set(chunk, filled);
    filled += chunk.length;
  }
  return values;
}

/** Elements of one row of the first axis. */
export function rowElements(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, side) => product * side, 1);
}
