import { ModelLoadError } from "@ocellus/core";
import { safetensorsDtypeBits, type TensorInfo } from "@ocellus/hub";
import { floatElementBytes } from "./checkpoint/float32.ts";
import type { ModelCheckpoint } from "./checkpoint/model-checkpoint.ts";
import { type LaidOutTensors, layOutTensors } from "./checkpoint/quantised/quantised-weights.ts";
import { noQuantization } from "./checkpoint/quantised/quantization-settings.ts";
import type { ModelInspection, StoredDtype } from "./model-inspection.ts";

/** Tensors that hold parameters (also packed ones), unlike buffers such as `position_ids`. */
const parameterName = /(?:weight|bias|qweight|packed|_blocks)$/;

/** Parts of tensor names that belong to the vision side: the tower and what connects it to the language model. */
const visionName = /(?:^|\.)(?:visual|vision\w*|sam_model|image_\w+|\w*projector|connector|mlp1)(?:\.|$)/;

/**
 * The weights in their layouts, quantised ones put together.
 *
 * @throws ModelLoadError for a layout that is not supported; element types that cannot be converted are named all in one
 *   message
 */
export function layOut(checkpoint: ModelCheckpoint): LaidOutTensors {
  const layout = layOutTensors(checkpoint, checkpoint.quantization ?? noQuantization);
  const refused = new Map<string, string[]>();
  for (const { name, dtype } of layout.plain) {
    if (!parameterName.test(name) || isFloat(dtype, name)) continue;
    refused.set(dtype, [...(refused.get(dtype) ?? []), name]);
  }
  if (refused.size === 0) return layout;
  const found = [...refused].map(([dtype, names]) => `${dtype} (${names.length}, the first is "${names[0]}")`);
  throw new ModelLoadError(
    `Weights of these types are not supported: ${found.join(", ")}. Use the checkpoint that it was made from, saved as BF16, F16 or F32.`,
  );
}

function isFloat(dtype: TensorInfo["dtype"], name: string): boolean {
  try {
    return floatElementBytes(dtype, name) > 0;
  } catch (error) {
    if (ModelLoadError.isInstance(error)) return false;
    throw error;
  }
}

/**
 * Files, dtypes and parameters of a checkpoint.
 *
 * @param layout what its quantised weights stand for; `null` when that is not known
 */
export function describeTensors(
  layout: LaidOutTensors | null,
  tensors: readonly TensorInfo[] | null,
): Pick<ModelInspection, "weights" | "parameters"> {
  if (tensors === null) return { weights: null, parameters: null };
  return { weights: describeWeights(tensors), parameters: countParameters(layout, tensors) };
}

function describeWeights(tensors: readonly TensorInfo[]): ModelInspection["weights"] {
  const byDtype = new Map<string, StoredDtype>();
  for (const tensor of tensors) {
    const { dtype, byteLength } = tensor;
    const sum = byDtype.get(dtype) ?? { dtype, tensors: 0, parameters: 0, bytes: 0 };
    byDtype.set(dtype, {
      dtype,
      tensors: sum.tensors + 1,
      parameters: sum.parameters + elementsOf(tensor),
      bytes: sum.bytes + byteLength,
    });
  }
  return {
    files: new Set(tensors.map(({ file }) => file)).size,
    tensors: tensors.length,
    bytes: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    dtypes: [...byDtype.values()].sort((a, b) => b.bytes - a.bytes),
  };
}

/** Quantised weights count with the numbers that they stand for. */
function countParameters(layout: LaidOutTensors | null, tensors: readonly TensorInfo[]): ModelInspection["parameters"] {
  const plain = (layout?.plain ?? tensors).map((tensor) => ({ name: tensor.name, count: elementsOf(tensor) }));
  const quantised = [...(layout?.quantised ?? [])].map(([name, { shape }]) => ({
    name,
    count: shape.reduce((product, side) => product * side, 1),
  }));
  const all = [...plain, ...quantised];
  const sum = (list: readonly { readonly count: number }[]): number =>
    list.reduce((total, { count }) => total + count, 0);
  const vision = sum(all.filter(({ name }) => visionName.test(name)));
  return { total: sum(all), vision, language: sum(all) - vision };
}

function elementsOf({ byteLength, dtype }: TensorInfo): number {
  return (byteLength * 8) / safetensorsDtypeBits[dtype];
}
