import type { Checkpoint, TensorInfo } from "@ocellus/hub";
import type { StoredWeight } from "../stored-weight.ts";
import { awqWeight } from "./awq.ts";
import { bitsAndBytes4Weight, bitsAndBytes8Weight } from "./bitsandbytes.ts";
import { float4Weight, packQuantizedWeight } from "./compressed-tensors.ts";
import { gptqWeight } from "./gptq.ts";
import { ModuleTensors } from "./module-tensors.ts";
import { checkReadable, type QuantizationSettings } from "./quantization-settings.ts";
import { findScale, float8Weight, int8Weight } from "./scaled-weight.ts";
import { byteFloats } from "./small-floats.ts";

/** The tensors of a checkpoint, those of quantised modules put together. */
export interface LaidOutTensors {
  /** Weights in quantised layouts, by the name that the plain weight would have. */
  readonly quantised: ReadonlyMap<string, StoredWeight>;
  /** All other tensors, stored as they are. */
  readonly plain: readonly TensorInfo[];
}

/** Tensors beside a quantised weight that belong to it or to its activations. */
const partNames: ReadonlySet<string> = new Set([
  ...["weight", "qweight", "qzeros", "scales", "g_idx", "SCB", "weight_format"],
  ...["weight_packed", "weight_scale", "weight_scale_2", "weight_scale_inv", "weight_zero_point", "weight_shape"],
  ...["weight_g_idx", "weight_global_scale", "input_scale", "input_zero_point", "input_global_scale"],
  ...["input_scale_ub", "activation_scale", "output_scale"],
]);

/**
 * Finds quantised modules by the names and dtypes of their tensors, so that modules which were left out need no list:
 * theirs are plain (layouts: specs/vlm.md B10).
 *
 * @throws ModelLoadError when the checkpoint's method is not supported, or the tensors of a module do not fit together
 */
export function layOutTensors(checkpoint: Checkpoint, settings: QuantizationSettings): LaidOutTensors {
  checkReadable(settings);
  const quantised = new Map<string, StoredWeight>();
  const modules = new Set<string>();
  const states = quantStates(checkpoint);
  for (const tensor of checkpoint.tensors.values()) {
    const [, name, part] = /^(.+)\.([^.]+)$/.exec(tensor.name) ?? [];
    if (name === undefined || part === undefined) continue;
    const module = new ModuleTensors(checkpoint, settings, name);
    const weight = weightOf(module, part, tensor, states.get(name));
    if (weight === undefined) continue;
    quantised.set(`${name}.weight`, weight);
    modules.add(name);
  }
  // What bitsandbytes stores lies below the weight's own name: "….weight.absmax".
  const isPart = (name: string): boolean => {
    const [, module = "", part = ""] = /^(.+?)\.(weight)\./.exec(name) ?? /^(.+)\.([^.]+)$/.exec(name) ?? [];
    return modules.has(module) && partNames.has(part);
  };
  return { quantised, plain: [...checkpoint.tensors.values()].filter(({ name }) => !isPart(name)) };
}

/** Names of the states of bitsandbytes without their module's, by module. */
function quantStates(checkpoint: Checkpoint): ReadonlyMap<string, string> {
  const states = new Map<string, string>();
  for (const name of checkpoint.tensors.keys()) {
    const [, module, state] = /^(.+)\.(weight\.quant_state\.bitsandbytes__\w+)$/.exec(name) ?? [];
    if (module !== undefined && state !== undefined) states.set(module, state);
  }
  return states;
}

/** The weight whose main tensor this is; undefined for every other tensor. */
function weightOf(
  module: ModuleTensors,
  part: string,
  tensor: TensorInfo,
  state: string | undefined,
): StoredWeight | undefined {
  if (part === "qweight") return isAwq(module, tensor) ? awqWeight(module) : gptqWeight(module);
  if (part === "weight_packed") {
    return tensor.dtype === "U8" ? float4Weight(module, part) : packQuantizedWeight(module);
  }
  if (part !== "weight") return undefined;
  if (state !== undefined) return bitsAndBytes4Weight(module, state);
  if (module.find("SCB") !== undefined) return bitsAndBytes8Weight(module);
  const scale = findScale(module);
  if (scale === undefined) return undefined;
  if (tensor.dtype === "I8") return int8Weight(module, scale);
  if (tensor.dtype === "U8") return float4Weight(module, part);
  return byteFloats[tensor.dtype] === undefined ? undefined : float8Weight(module, scale);
}

/** AWQ packs eight outputs into a column, GPTQ keeps one column an output. */
function isAwq(module: ModuleTensors, { shape }: TensorInfo): boolean {
  return shape[1] !== module.get("scales").shape[1];
}
