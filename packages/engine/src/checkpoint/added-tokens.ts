import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "./checkpoint-files.ts";
import { parseConfig } from "./parse-config.ts";

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })).default([]),
});

/**
 * The added tokens of tokenizer.json, which are those that stand for pictures and their borders: text by id.
 *
 * @throws ModelLoadError when the file is missing or damaged
 */
export async function readAddedTokens(files: CheckpointFiles): Promise<ReadonlyMap<number, string>> {
  const { added_tokens } = parseConfig(schema, await files.readJson("tokenizer.json"), "tokenizer.json");
  return new Map(added_tokens.map(({ id, content }) => [id, content]));
}

/**
 * Finds the id of a token in tokenizer.json, for layouts that do not name their placeholder in config.json.
 *
 * @param literal the token as it is written in a prompt
 * @throws ModelLoadError when the tokenizer has none
 */
export async function findAddedToken(files: CheckpointFiles, literal: string): Promise<number> {
  const found = [...(await readAddedTokens(files))].find(([, text]) => text === literal);
  if (found !== undefined) return found[0];
  throw new ModelLoadError(
    `tokenizer.json has no token "${literal}". It belongs to another checkpoint; copy the right one.`,
  );
}
