import { type CheckpointGenerationConfig, readCheckpointGenerationConfig } from "@ocellus/core";
import { readJsonObject } from "../text/json-object.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { CheckpointFiles } from "./checkpoint-files.ts";

/**
 * A checkpoint's own generation settings. Its stop ids come from generation_config.json; where that says nothing from
 * config.json (root, then text_config), and at last from the tokenizer's end token.
 *
 * @throws ModelLoadError when generation_config.json holds no JSON object
 */
export async function loadGenerationSettings(
  files: CheckpointFiles,
  tokenizer: Tokenizer,
): Promise<CheckpointGenerationConfig> {
  const file = "generation_config.json";
  const own = files.has(file) ? readCheckpointGenerationConfig(await readJsonObject(files, file)) : {};
  if (own.stopTokenIds !== undefined) return own;
  const config = (await files.readJson("config.json")) as { text_config?: unknown } | null;
  const fallback =
    readCheckpointGenerationConfig(config).stopTokenIds ??
    readCheckpointGenerationConfig(config?.text_config).stopTokenIds;
  if (fallback !== undefined) return { ...own, stopTokenIds: fallback };
  const endToken = tokenizer.named.eos_token;
  const endId = endToken === undefined ? undefined : tokenizer.tokenToId(endToken);
  return endId === undefined ? own : { ...own, stopTokenIds: [endId] };
}
