import { ModelLoadError } from "@ocellus/core";
import type { Checkpoint, TensorInfo } from "@ocellus/hub";
import { floatElementBytes, toFloat32 } from "./float32.ts";

/** Floats read at once while streaming a matrix: 16 MiB of float32, large enough for full disk speed. */
const chunkElements = 4 << 20;

/**
 * The weights of a checkpoint under the names of one naming generation, as float32. Wrappers of this interface are
 * where adapters are merged and quantised layouts are unpacked; the graphs never see more than this.
 */
export interface WeightSource {
  has(name: string): boolean;
  /** Shape of a tensor. Throws ModelLoadError when it is missing. */
  shape(name: string): readonly number[];
  /** All values of a tensor, row-major. */
  read(name: string, signal?: AbortSignal): Promise<Float32Array>;
  /**
   * The values in chunks of whole rows of the first axis, in order, without holding the tensor in memory. A chunk may
   * be overwritten once the next one has been asked for.
   */
  rows(name: string, signal?: AbortSignal): AsyncIterable<Float32Array>;
  /** Copies one row of a matrix into `target`, synchronously (token embedding during decoding). */
  readRowSync(name: string, row: number, target: Float32Array): void;
}

/** One rule that renames a stored tensor to the family's canonical name. */
export interface NameRewrite {
  readonly from: RegExp;
  readonly to: string;
}

/**
 * Presents a checkpoint's tensors under canonical names.
 *
 * @param rewrites tried in order on every stored name; the first that matches renames it
 * @throws ModelLoadError when two stored tensors end at the same canonical name
 */
export function createWeightSource(checkpoint: Checkpoint, rewrites: readonly NameRewrite[]): WeightSource {
  const tensors = new Map<string, TensorInfo>();
  for (const tensor of checkpoint.tensors.values()) {
    const rule = rewrites.find(({ from }) => from.test(tensor.name));
    const name = rule === undefined ? tensor.name : tensor.name.replace(rule.from, rule.to);
    const other = tensors.get(name);
    if (other !== undefined) {
      throw new ModelLoadError(
        `Tensors "${other.name}" and "${tensor.name}" of ${checkpoint.folder} are the same weight "${name}". Remove one of them.`,
      );
    }
    tensors.set(name, tensor);
  }

  const find = (name: string): TensorInfo => {
    const tensor = tensors.get(name);
    if (tensor !== undefined) return tensor;
    throw new ModelLoadError(
      `Weight "${name}" is missing in ${checkpoint.folder}. The checkpoint is incomplete or of another architecture than its config.json says; download it again.`,
    );
  };
  let rowBytes = new Uint8Array(0);

  return {
    has: (name) => tensors.has(name),
    shape: (name) => find(name).shape,
    read: async (name, signal) => {
      const tensor = find(name);
      return toFloat32(await checkpoint.readTensor(tensor, { signal }), tensor.dtype, name);
    },
    async *rows(name, signal) {
      const tensor = find(name);
      const width = rowLength(tensor) * elementSize(tensor);
      const step = Math.max(1, Math.floor((chunkElements * elementSize(tensor)) / width)) * width;
      const into = new Uint8Array(Math.min(step, tensor.byteLength));
      for (let start = 0; start < tensor.byteLength; start += step) {
        const end = Math.min(start + step, tensor.byteLength);
        const bytes = await checkpoint.readTensor(tensor, { start, end, into, signal });
        yield toFloat32(bytes, tensor.dtype, name);
      }
    },
    readRowSync: (name, row, target) => {
      const tensor = find(name);
      const width = rowLength(tensor) * elementSize(tensor);
      if (rowBytes.byteLength !== width) rowBytes = new Uint8Array(width);
      checkpoint.readTensorBytesSync(tensor, row * width, rowBytes);
      target.set(toFloat32(rowBytes, tensor.dtype, name));
    },
  };
}

/** Elements of one row of the first axis. */
function rowLength(tensor: TensorInfo): number {
  return tensor.shape.slice(1).reduce((product, side) => product * side, 1);
}

function elementSize(tensor: TensorInfo): number {
  return floatElementBytes(tensor.dtype, tensor.name);
}

/**
 * Checks that a tensor has the shape that the configuration demands.
 *
 * @throws ModelLoadError naming the tensor, both shapes and what they mean
 */
export function expectShape(weights: WeightSource, name: string, expected: readonly number[]): void {
  const actual = weights.shape(name);
  if (actual.length === expected.length && actual.every((side, axis) => side === expected[axis])) return;
  throw new ModelLoadError(
    `Weight "${name}" has shape [${actual.join(", ")}] but config.json asks for [${expected.join(", ")}]. config.json and the weights belong to different checkpoints.`,
  );
}
