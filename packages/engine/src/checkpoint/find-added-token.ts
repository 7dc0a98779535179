import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "./checkpoint-files.ts";
import { parseConfig } from "./parse-config.ts";

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })).default([]),
});

/**
 * Finds the id of a token in tokenizer.json, for layouts that do not name their placeholder in config.json.
 *
 * @param literal the token as it is written in a prompt
 * @throws ModelLoadError when the tokenizer has none
 */
export async function findAddedToken(files: CheckpointFiles, literal: string): Promise<number> {
  const { added_tokens } = parseConfig(schema, await files.readJson("tokenizer.json"), "tokenizer.json");
  const token = added_tokens.find(({ content }) => content === literal);
  if (token !== undefined) return token.id;
  throw new ModelLoadError(
    `tokenizer.json has no token "${literal}". It belongs to another checkpoint; copy the right one.`,
  );
}
