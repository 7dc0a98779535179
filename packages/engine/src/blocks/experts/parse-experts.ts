import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import type { ExpertsConfig } from "./experts-config.ts";

const count = z
  .number()
  .int()
  .positive()
  .max(2 ** 20);

const schema = z.looseObject({
  num_experts: count.optional(),
  num_local_experts: count.optional(),
  num_experts_per_tok: count,
  moe_intermediate_size: count,
});

/**
 * Reads the sizes of Qwen's mixtures of experts (specs/vlm.md B2, B3). The shares of a token's experts always sum to 1:
 * transformers has no other router for these families, whatever `norm_topk_prob` says.
 *
 * @param json `text_config` of a config.json
 * @param where names it in errors
 * @throws ModelLoadError naming the key that is missing or wrong
 */
export function parseExperts(json: unknown, where: string): ExpertsConfig {
  const text = parseConfig(schema, json, where);
  const experts = text.num_experts ?? text.num_local_experts;
  if (experts === undefined || text.num_experts_per_tok > experts) {
    throw new ModelLoadError(
      `${where}: num_experts_per_tok ${text.num_experts_per_tok} needs num_experts of at least that, found ${experts ?? "none"}.`,
    );
  }
  return {
    count: experts,
    perToken: text.num_experts_per_tok,
    width: text.moe_intermediate_size,
    isNormalized: true,
  };
}
