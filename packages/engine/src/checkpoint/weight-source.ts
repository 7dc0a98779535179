import { ModelLoadError } from "@ocellus/core";
import { applyAdapter } from "./adapter/apply-adapter.ts";
import type { ModelCheckpoint } from "./model-checkpoint.ts";
import { layOutTensors } from "./quantised/quantised-weights.ts";
import { noQuantization } from "./quantised/quantization-settings.ts";
import type { StoredBlocks } from "./stored-blocks.ts";
import { plainWeight, readWhole, type StoredWeight } from "./stored-weight.ts";

/**
 * The weights of a checkpoint under the names of one naming generation, as float32: adapters are merged and quantised
 * layouts unpacked on the way. The graphs never see more than this.
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
  /** The matrix as blocks of integers, where it is stored so. */
  blocks(name: string): StoredBlocks | undefined;
  /** Copies one row of a matrix into `target`, synchronously (token embedding during decoding). */
  readRowSync(name: string, row: number, target: Float32Array): void;
}

/** One rule that renames a stored tensor to the family's canonical name. */
export interface NameRewrite {
  readonly from: RegExp;
  readonly to: string;
}

/**
 * Presents a checkpoint's tensors under canonical names, with its adapter merged into them.
 *
 * @param rewrites tried in order on every stored name, those of the adapter too; the first that matches renames it
 * @throws ModelLoadError when two stored tensors end at the same canonical name, or the adapter does not fit
 */
export function createWeightSource(checkpoint: ModelCheckpoint, rewrites: readonly NameRewrite[]): WeightSource {
  const rename = (stored: string): string => {
    const rule = rewrites.find(({ from }) => from.test(stored));
    return rule === undefined ? stored : stored.replace(rule.from, rule.to);
  };
  const storedNames = new Map<string, string>();
  const weights = new Map<string, StoredWeight>();
  const add = (stored: string, weightOf: (name: string) => StoredWeight): void => {
    const name = rename(stored);
    const other = storedNames.get(name);
    if (other !== undefined) {
      throw new ModelLoadError(
        `Tensors "${other}" and "${stored}" of ${checkpoint.folder} are the same weight "${name}". Remove one of them.`,
      );
    }
    storedNames.set(name, stored);
    weights.set(name, weightOf(name));
  };
  const { plain, quantised } = layOutTensors(checkpoint, checkpoint.quantization ?? noQuantization);
  for (const tensor of plain) add(tensor.name, (name) => plainWeight(checkpoint, tensor, name));
  for (const [stored, weight] of quantised) add(stored, () => weight);
  if (checkpoint.adapter !== undefined) applyAdapter(checkpoint.adapter, weights, rename);

  const find = (name: string): StoredWeight => {
    const weight = weights.get(name);
    if (weight !== undefined) return weight;
    throw new ModelLoadError(
      `Weight "${name}" is missing in ${checkpoint.folder}. The checkpoint is incomplete or of another architecture than its config.json says; download it again.`,
    );
  };
  return {
    has: (name) => weights.has(name),
    shape: (name) => find(name).shape,
    read: async (name, signal) => readWhole(find(name), signal),
    rows: (name, signal) => find(name).rows(signal),
    blocks: (name) => find(name).blocks,
    readRowSync: (name, row, target) => find(name).readRowSync(row, target),
  };
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
