import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../parse-config.ts";

/** Name of the file that makes a folder an adapter. */
export const adapterConfigFile = "adapter_config.json";

const patternSchema = z.record(z.string().max(500), z.number().positive()).nullish();

const schema = z.object({
  peft_type: z.string(),
  base_model_name_or_path: z.string().max(4096).nullish(),
  revision: z.string().max(200).nullish(),
  r: z.number().int().positive().default(8),
  lora_alpha: z.number().default(8),
  rank_pattern: patternSchema,
  alpha_pattern: patternSchema,
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  ensure_weight_tying: z.boolean().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  trainable_token_indices: z
    .union([z.array(z.number().int().nonnegative()), z.record(z.string(), z.array(z.number().int().nonnegative()))])
    .nullish(),
});

/** What an adapter_config.json of PEFT says, as far as it decides on the weights. */
export interface AdapterConfig {
  /** The checkpoint it was trained on: a folder or a Hub id. */
  readonly base: string | undefined;
  /** Branch, tag or commit of the base on the Hub. */
  readonly revision: string | undefined;
  readonly isDora: boolean;
  readonly isRankStabilised: boolean;
  /** True when an embedding and a head that were one matrix stay one. */
  readonly keepsTies: boolean;
  /** The general rank, without the patterns. */
  readonly rank: number;
  /** Rank of a module, patterns included. */
  rankOf(modulePath: string): number;
  /** Factor of B·A for a module: α/r, or α/√r of rsLoRA (arXiv:2312.03732), with the module's own α and r. */
  scalingOf(modulePath: string): number;
  /** Rows that were trained in a module's embedding, ascending as stored; undefined when none. */
  tokenRowsOf(modulePath: string): readonly number[] | undefined;
}

/** Keys of variants of LoRA that compute something else than W + s·B·A; set ones are refused. */
const refusedVariants = [
  ...["use_qalora", "use_bdlora", "kasa_config", "monteclora_config", "arrow_config", "alora_invocation_tokens"],
  ...["layer_replication", "target_parameters"],
] as const;

/** Initialisations that also change the weights of the base, which the file of the adapter does not hold. */
const changesBase = /^(?:pissa|olora|corda|loftq|lora_ga)/;

/**
 * Checks an adapter_config.json of PEFT (keys: specs/vlm.md B9).
 *
 * @param file its path, for errors
 * @throws ModelLoadError naming the file and the key that is missing, wrong or of an unsupported kind
 */
export function parseAdapterConfig(json: unknown, file: string): AdapterConfig {
  const config = parseConfig(schema, json, file);
  if (config.peft_type !== "LORA") {
    throw new ModelLoadError(
      `${file}: peft_type "${config.peft_type}" is not supported; only LORA (also rsLoRA and DoRA) is. Merge the adapter with PEFT (merge_and_unload) and load the merged checkpoint.`,
    );
  }
  refuseVariants(json as Readonly<Record<string, unknown>>, file);
  const ranks = compilePatterns(config.rank_pattern ?? {}, "rank_pattern", file);
  const alphas = compilePatterns(config.alpha_pattern ?? {}, "alpha_pattern", file);
  const rankOf = (path: string): number => lookUp(ranks, path) ?? config.r;
  const tokens = config.trainable_token_indices;
  return {
    base: config.base_model_name_or_path || undefined,
    revision: config.revision || undefined,
    isDora: config.use_dora === true,
    isRankStabilised: config.use_rslora === true,
    keepsTies: config.ensure_weight_tying === true,
    rank: config.r,
    rankOf,
    scalingOf: (path) => {
      const rank = rankOf(path);
      return (lookUp(alphas, path) ?? config.lora_alpha) / (config.use_rslora === true ? Math.sqrt(rank) : rank);
    },
    tokenRowsOf: (path) => {
      if (tokens === null || tokens === undefined) return undefined;
      if (Array.isArray(tokens)) return tokens;
      return Object.entries(tokens).find(([name]) => path === name || path.endsWith(`.${name}`))?.[1];
    },
  };
}

function refuseVariants(json: Readonly<Record<string, unknown>>, file: string): void {
  const merged = "Merge the adapter with PEFT (merge_and_unload) and load the merged checkpoint.";
  for (const key of refusedVariants) {
    const value = json[key];
    const isUnset = value === undefined || value === null || value === false;
    if (isUnset || (Array.isArray(value) && value.length === 0)) continue;
    throw new ModelLoadError(`${file}: ${key} is set, and adapters of this kind are not supported. ${merged}`);
  }
  const start = json.init_lora_weights;
  if (typeof start === "string" && changesBase.test(start)) {
    throw new ModelLoadError(
      `${file}: init_lora_weights "${start}" has changed the base weights in training, which the adapter does not hold. Save it with path_initial_model_for_weight_conversion, or merged.`,
    );
  }
}

type Pattern = readonly [test: RegExp, value: number];

/** Keys are regular expressions over the end of a module path, as PEFT reads them: `(.*\.)?(key)$`. */
function compilePatterns(patterns: Readonly<Record<string, number>>, key: string, file: string): readonly Pattern[] {
  return Object.entries(patterns).map(([pattern, value]) => {
    // A quantified group with a quantifier inside can take time exponential in the length of the name.
    const isSlow = /\([^()]*[*+{][^()]*\)[*+{]/.test(pattern);
    try {
      if (!isSlow) return [new RegExp(`^(.*\\.)?(${pattern})$`), value];
    } catch {
      // Named below.
    }
    throw new ModelLoadError(
      `${file}: ${key}: "${pattern}" is no regular expression that can be used. Name the modules plainly, such as "layers.1.self_attn.q_proj".`,
    );
  });
}

function lookUp(patterns: readonly Pattern[], path: string): number | undefined {
  return patterns.find(([test]) => test.test(path))?.[1];
}
