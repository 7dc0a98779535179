import { describeValue, InvalidArgumentError, suggestName } from "@ocellus/core";
import type { PrecisionInput } from "./checkpoint/precision.ts";
import type { EngineOptions } from "./engine-options.ts";

/** Values of `dtype`. */
export type TorchDtype = "auto" | "float32" | "float16" | "bfloat16";

/** Loading options of the Datature Vi SDK and of transformers, in camelCase. They choose among what this engine has. */
export interface TorchLoadOptions {
  /** `true` is `precision: "int8"`. */
  readonly loadIn8bit?: boolean;
  /** `true` is `precision: "int4"`. */
  readonly loadIn4bit?: boolean;
  /**
   * `"float32"` is `precision: "float32"`. `"float16"` and `"bfloat16"` are `"auto"`: the processor computes in float32
   * whatever the file holds, so 16-bit weights would be converted for every token; integer weights are smaller and
   * faster. With `loadIn8bit`, `loadIn4bit` or a `precision` it changes nothing.
   */
  readonly dtype?: TorchDtype;
  /** `"auto"`, `"cpu"`, or a map of module names to `"cpu"`. Everything is computed on the processor. */
  readonly deviceMap?: "auto" | "cpu" | Readonly<Record<string, "cpu">>;
  /** `"eager"` or `"sdpa"`, which compute the same; ONNX Runtime has one fused attention. */
  readonly attnImplementation?: "eager" | "sdpa";
  /** No effect: weights are always read piece by piece. */
  readonly lowCpuMemUsage?: boolean;
}

/** The names of {@link TorchLoadOptions}. */
export const torchOptionNames: readonly (keyof TorchLoadOptions)[] = [
  ...(["loadIn8bit", "loadIn4bit", "dtype", "deviceMap", "attnImplementation", "lowCpuMemUsage"] as const),
];

const dtypes: readonly TorchDtype[] = ["auto", "float32", "float16", "bfloat16"];

/**
 * Replaces the options of {@link TorchLoadOptions} by the `precision` that they mean.
 *
 * @throws InvalidArgumentError for a device or an attention that is not here, and for options that contradict each other
 */
export function resolveTorchOptions(options: EngineOptions & TorchLoadOptions): EngineOptions {
  const { loadIn8bit, loadIn4bit, dtype, deviceMap, attnImplementation, lowCpuMemUsage, ...engine } = options;
  checkFlag("loadIn8bit", loadIn8bit);
  checkFlag("loadIn4bit", loadIn4bit);
  checkFlag("lowCpuMemUsage", lowCpuMemUsage);
  checkDtype(dtype);
  checkDeviceMap(deviceMap);
  checkAttention(attnImplementation);
  if (loadIn8bit === true && loadIn4bit === true) {
    throw new InvalidArgumentError("options.loadIn8bit and options.loadIn4bit contradict each other; give one.");
  }
  const bits = loadIn8bit === true ? "loadIn8bit" : loadIn4bit === true ? "loadIn4bit" : null;
  const precision = settle(bits, dtype, engine.precision ?? "auto");
  return precision === "auto" ? engine : { ...engine, precision };
}

function settle(
  bits: "loadIn8bit" | "loadIn4bit" | null,
  dtype: TorchDtype | undefined,
  precision: PrecisionInput,
): PrecisionInput {
  if (bits === null) return precision === "auto" && dtype === "float32" ? "float32" : precision;
  const meant = bits === "loadIn8bit" ? "int8" : "int4";
  if (precision === "auto" || precision === meant) return meant;
  throw new InvalidArgumentError(
    `options.${bits} means precision "${meant}", but options.precision is ${describeValue(precision)}; give one.`,
  );
}

function checkFlag(option: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw new InvalidArgumentError(`options.${option} must be true or false; got ${describeValue(value)}.`);
}

function checkDtype(value: unknown): void {
  if (value === undefined || dtypes.some((dtype) => dtype === value)) return;
  const hint = typeof value === "string" ? suggestName(value, dtypes) : `Known: ${dtypes.join(", ")}.`;
  throw new InvalidArgumentError(`options.dtype ${describeValue(value)} is not known. ${hint}`);
}

function checkDeviceMap(value: unknown): void {
  if (value === undefined || value === "auto" || value === "cpu") return;
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const wrong = isMap ? Object.values(value).find((device) => device !== "cpu") : value;
  if (wrong === undefined) return;
  throw new InvalidArgumentError(
    `options.deviceMap: the device ${describeValue(wrong)} is not available; this engine computes on the processor. Use "auto" or "cpu".`,
  );
}

function checkAttention(value: unknown): void {
  if (value === undefined || value === "eager" || value === "sdpa") return;
  const reason =
    typeof value === "string" && value.startsWith("flash_attention")
      ? "needs a CUDA device; this engine computes on the processor."
      : "is not known.";
  throw new InvalidArgumentError(
    `options.attnImplementation ${describeValue(value)} ${reason} Use "sdpa" or "eager", or leave it out.`,
  );
}
