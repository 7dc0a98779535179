import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { isJsonObject } from "../../text/json-object.ts";
import type { CheckpointFiles } from "../checkpoint-files.ts";
import { parseConfig } from "../parse-config.ts";

/** What a checkpoint says about the layout of its quantised weights, beyond what its tensors show. */
export interface QuantizationSettings {
  /** `quant_method`, in lower case; undefined when the checkpoint has no such configuration. */
  readonly method: string | undefined;
  /** Why the weights cannot be read, with the remedy; undefined when they can. */
  readonly problem: string | undefined;
  /** Bits of a weight (GPTQ, AWQ). */
  readonly bits: number | undefined;
  /** Bits of the groups of compressed-tensors. */
  readonly bitsChoices: readonly number[] | undefined;
  /** Rows and inputs that share a scale of 8-bit floating-point weights. */
  readonly blockShape: readonly number[] | undefined;
  /** What is added to stored zero points: 1 in GPTQ's first format. */
  readonly zeroPointOffset: 0 | 1;
}

/** Of a checkpoint that says nothing: its tensors alone decide. */
export const noQuantization: QuantizationSettings = {
  method: undefined,
  problem: undefined,
  bits: undefined,
  bitsChoices: undefined,
  blockShape: undefined,
  zeroPointOffset: 1,
};

/** The methods whose layouts can be read. */
export const supportedQuantization: readonly string[] = [
  ...["bitsandbytes", "gptq", "awq", "auto-round", "compressed-tensors", "fp8", "fbgemm_fp8", "modelopt"],
];

/** Files with a configuration of their own, for checkpoints whose config.json has none. */
const ownFiles = ["quantize_config.json", "quant_config.json", "hf_quant_config.json"] as const;

const schema = z.object({
  quant_method: z.string().nullish(),
  bits: z.number().int().nullish(),
  w_bit: z.number().int().nullish(),
  version: z.string().nullish(),
  checkpoint_format: z.string().nullish(),
  is_marlin_format: z.boolean().nullish(),
  packing_format: z.string().nullish(),
  weight_block_size: z.array(z.number().int().positive()).length(2).nullish(),
  format: z.string().nullish(),
  config_groups: z
    .record(
      z.string(),
      z.object({
        format: z.string().nullish(),
        weights: z
          .object({
            num_bits: z.number().int().min(1).max(16).nullish(),
            block_structure: z.array(z.number().int().positive()).length(2).nullish().catch(null),
          })
          .nullish(),
      }),
    )
    .nullish()
    .catch(null),
});

type QuantizationJson = z.output<typeof schema>;

/**
 * Reads how a checkpoint is quantised: `quantization_config` of config.json (or of its text_config, or
 * `compression_config`), else quantize_config.json, quant_config.json or hf_quant_config.json..
 * What is wrong with them becomes their `problem`.
 */
export async function loadQuantizationSettings(files: CheckpointFiles): Promise<QuantizationSettings | undefined> {
  try {
    return await readSettings(files);
  } catch (error) {
    if (!ModelLoadError.isInstance(error)) throw error;
    return { ...noQuantization, problem: error.message };
  }
}

async function readSettings(files: CheckpointFiles): Promise<QuantizationSettings | undefined> {
  const config = files.has("config.json") ? await files.readJson("config.json") : undefined;
  const stated = isJsonObject(config) ? statedIn(config) : undefined;
  if (stated !== undefined)
    return settingsOf(parseConfig(schema, stated, "config.json quantization_config"), "config.json");
  const file = ownFiles.find((name) => files.has(name));
  if (file === undefined) return undefined;
  const json = await files.readJson(file);
  const nested = isJsonObject(json) && isJsonObject(json.quantization) ? json.quantization : json;
  const byFile = { "quantize_config.json": "gptq", "quant_config.json": "awq", "hf_quant_config.json": "modelopt" };
  const parsed = parseConfig(schema, nested, file);
  return settingsOf({ ...parsed, quant_method: parsed.quant_method ?? byFile[file] }, file);
}

function statedIn(config: Readonly<Record<string, unknown>>): unknown {
  const places = [config, config.text_config, config.llm_config].filter(isJsonObject);
  const found = places.flatMap(({ quantization_config, compression_config }) => [
    quantization_config,
    compression_config,
  ]);
  return found.find(isJsonObject);
}

function settingsOf(json: QuantizationJson, file: string): QuantizationSettings {
  const method = json.quant_method?.toLowerCase() ?? guessMethod(json);
  const groups = Object.values(json.config_groups ?? {}).map(({ weights }) => weights);
  const bitsChoices = groups.flatMap((weights) => weights?.num_bits ?? []);
  const blockShape = json.weight_block_size ?? groups.find((weights) => weights?.block_structure)?.block_structure;
  return {
    method,
    problem: problemOf(method, json, file),
    bits: json.bits ?? json.w_bit ?? undefined,
    bitsChoices: bitsChoices.length === 0 ? undefined : bitsChoices,
    blockShape: blockShape ?? undefined,
    zeroPointOffset: json.checkpoint_format === "gptq_v2" ? 0 : 1,
  };
}

/** Older files of bitsandbytes and compressed-tensors leave their method out. */
function guessMethod({ config_groups }: QuantizationJson): string | undefined {
  return config_groups ? "compressed-tensors" : undefined;
}

function problemOf(method: string | undefined, json: QuantizationJson, file: string): string | undefined {
  const remedy = "Use the checkpoint that it was made from, saved as BF16, F16 or F32.";
  if (method !== undefined && !supportedQuantization.includes(method)) {
    return `${file}: weights quantised by "${method}" are not supported; supported are ${supportedQuantization.join(", ")}. ${remedy}`;
  }
  const layout = unreadableLayout(json);
  return layout && `${file}: weights in the layout ${layout} of "${method}" are not supported. ${remedy}`;
}

/** A layout for particular GPU kernels, which the tensors' names do not show. */
function unreadableLayout(json: QuantizationJson): string | undefined {
  const { version, checkpoint_format, is_marlin_format, packing_format, format, config_groups } = json;
  if (is_marlin_format === true) return '"marlin"';
  const formats = [format, ...Object.values(config_groups ?? {}).map((group) => group.format)];
  const named = [version, checkpoint_format, packing_format, ...formats].filter((name) => typeof name === "string");
  const unreadable = named.find((name) => /marlin|gemv|ipex|exllama|bitblas|machete|sparse/i.test(name));
  return unreadable === undefined ? undefined : JSON.stringify(unreadable);
}

/** Throws the reason why weights cannot be read. */
export function checkReadable({ problem }: QuantizationSettings): void {
  if (problem !== undefined) throw new ModelLoadError(problem);
}
