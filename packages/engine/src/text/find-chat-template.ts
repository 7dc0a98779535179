import { ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";
import { isJsonObject, readJsonObject } from "./json-object.ts";

/** A template's source and the file that it came from. */
export interface ChatTemplateSource {
  readonly source: string;
  readonly file: string;
}

/** Where a template may be, in the order of precedence of transformers 5.23 (`ProcessorMixin`, then the tokenizer). */
const places = [
  { file: "processor_config.json", json: true },
  { file: "chat_template.json", json: true },
  { file: "chat_template.jinja", json: false },
  { file: "chat_templates/default.jinja", json: false },
  { file: "tokenizer_config.json", json: true },
] as const;

/**
 * Finds the chat template of a checkpoint.
 *
 * @param fallback template of a family whose checkpoints come without one
 * @throws ModelLoadError when no file has one; the message names the files that were looked at.
 */
export async function findChatTemplate(files: CheckpointFiles, fallback?: string): Promise<ChatTemplateSource> {
  for (const { file, json } of places) {
    if (!files.has(file)) continue;
    const source = json
      ? templateOfJson((await readJsonObject(files, file)).chat_template, file)
      : await files.readText(file);
    if (source !== undefined) return { source, file };
  }
  if (fallback !== undefined) return { source: fallback, file: "built in" };
  throw new ModelLoadError(
    "The checkpoint has no chat template. Looked for chat_template.jinja, and for the key `chat_template` in " +
      "chat_template.json, processor_config.json and tokenizer_config.json. " +
      "Put the model's chat_template.jinja into the checkpoint folder.",
  );
}

/** The key holds the template itself, or a list of `{ name, template }`, or names to templates; "default" is used. */
function templateOfJson(value: unknown, file: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  const named = namedTemplates(value);
  const template = named.get("default");
  if (template !== undefined) return template;
  const names = [...named.keys()].map((name) => `"${name}"`).join(", ") || "none";
  throw new ModelLoadError(`chat_template in ${file} has no template named "default" (it has ${names}).`);
}

function namedTemplates(value: unknown): Map<string, string> {
  const entries: [unknown, unknown][] = Array.isArray(value)
    ? value.filter(isJsonObject).map((entry) => [entry.name, entry.template])
    : isJsonObject(value)
      ? Object.entries(value)
      : [];
  return new Map(entries.filter((e): e is [string, string] => typeof e[0] === "string" && typeof e[1] === "string"));
}
