import { ModelLoadError } from "@ocellus/core";
import { deepseekOcr } from "./deepseek-ocr/deepseek-ocr.ts";
import { gemma3 } from "./gemma3/gemma3.ts";
import { internVl } from "./internvl/internvl.ts";
import { llavaNext } from "./llava-next/llava-next.ts";
import { llavaOneVision } from "./llava-onevision/llava-onevision.ts";
import type { ModelFamily } from "./model-family.ts";
import { nvila } from "./nvila/nvila.ts";
import { qwen25Vl } from "./qwen2-5-vl/qwen2-5-vl.ts";
import { qwen35 } from "./qwen3-5/qwen3-5.ts";
import { qwen3Vl } from "./qwen3-vl/qwen3-vl.ts";
import { smolVlm } from "./smolvlm/smolvlm.ts";

/** Every supported family. A new one is one folder beside this file and one entry here. */
const families: readonly ModelFamily[] = [
  qwen25Vl,
  qwen3Vl,
  qwen35,
  smolVlm,
  internVl,
  llavaNext,
  llavaOneVision,
  nvila,
  deepseekOcr,
  gemma3,
];

/** The `model_type` names that can be loaded. */
export const supportedModelTypes: readonly string[] = families.flatMap((family) => family.modelTypes);

/**
 * The family of a parsed config.json.
 *
 * @throws ModelLoadError naming the `model_type` and the supported ones
 */
export function familyOf(config: unknown): ModelFamily {
  const modelType = (config as { model_type?: unknown } | null)?.model_type;
  const family = families.find(({ modelTypes }) => modelTypes.some((name) => name === modelType));
  if (family !== undefined) return family;
  throw new ModelLoadError(
    `config.json: model_type ${JSON.stringify(modelType)} is not supported. Supported: ${supportedModelTypes.join(", ")}.`,
  );
}
