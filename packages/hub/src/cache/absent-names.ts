import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ListedFile } from "../remote/file-listing.ts";
import type { CacheLayout } from "./cache-layout.ts";

/** Names that transformers asks for although many models do not have them. */
const optionalNames: readonly string[] = [
  ...["added_tokens.json", "chat_template.jinja", "chat_template.json", "generation_config.json"],
  ...["preprocessor_config.json", "processor_config.json", "special_tokens_map.json", "tokenizer_config.json"],
  ...["video_preprocessor_config.json", "model.safetensors", "model.safetensors.index.json", "adapter_config.json"],
];

/** Notes which optional files a commit does not have, so that Python need not ask for them. */
export async function writeAbsentNames(
  { absent }: CacheLayout,
  commit: string,
  files: readonly ListedFile[],
): Promise<void> {
  const present = new Set(files.map(({ path }) => path));
  const names = optionalNames.filter((name) => !present.has(name));
  await Promise.all(names.map((name) => touch(join(absent, commit, name))));
}

/** These notes are a help for others; a folder that does not take them is no failure. */
async function touch(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, "", { flag: "wx" });
  } catch {
    // There already, or not writable.
  }
}
