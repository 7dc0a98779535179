import { isJsonObject, type JsonObject } from "../../text/json-object.ts";
import type { CheckpointFiles } from "../checkpoint-files.ts";
import { type Adapter, separatesHead } from "./open-adapter.ts";

/** Files of which any one in the adapter's folder hides all in the base's: each may hold the chat template. */
const templateFiles = ["chat_template.jinja", "chat_template.json", "chat_templates/default.jinja"];

/** Files that an adapter's folder may have in place of the base's, as training programs save them beside it. */
const ownFiles: ReadonlySet<string> = new Set([
  ...["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"],
  ...["preprocessor_config.json", "video_preprocessor_config.json", "processor_config.json"],
  ...["generation_config.json", "ocellus.json"],
  ...templateFiles,
]);

/**
 * The folder that a small file comes from: the adapter's where that has a tokenizer, processor, template, generation
 * settings or `ocellus.json` of its own, else the base's. config.json is the base's.
 */
export function holderOf<Files extends CheckpointFiles>(file: string, base: Files, adapter: Files): Files {
  if (!ownFiles.has(file)) return base;
  const isTemplate = templateFiles.includes(file) && templateFiles.some((other) => adapter.has(other));
  return isTemplate || adapter.has(file) ? adapter : base;
}

/** config.json of the base with the vocabulary and the tie between embedding and head that the adapter leaves. */
export function adaptedConfig(config: unknown, adapter: Adapter): unknown {
  if (!isJsonObject(config)) return config;
  const nested = ["text_config", "llm_config", "language_config"].filter((key) => isJsonObject(config[key]));
  const sizes = [config, ...nested.map((key) => config[key] as JsonObject)].map(({ vocab_size }) => vocab_size);
  const vocabSize = sizes.find((size): size is number => typeof size === "number");
  const ties = separatesHead(adapter, vocabSize) ? { tie_word_embeddings: false } : {};
  const adapt = (part: JsonObject): JsonObject => ({
    ...part,
    ...ties,
    ...(adapter.vocabSize === undefined || part.vocab_size === undefined ? {} : { vocab_size: adapter.vocabSize }),
  });
  return { ...adapt(config), ...Object.fromEntries(nested.map((key) => [key, adapt(config[key] as JsonObject)])) };
}
