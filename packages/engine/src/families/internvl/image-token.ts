import { ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number().int().nonnegative(), content: z.string() })).default([]),
});

/** What stands for one feature row in a prompt. */
const literal = "<IMG_CONTEXT>";

/**
 * Finds the placeholder's id in tokenizer.json: the original layout does not name it in config.json.
 *
 * @throws ModelLoadError when the tokenizer has none
 */
export async function findImageToken(files: CheckpointFiles): Promise<number> {
  const { added_tokens } = parseConfig(schema, await files.readJson("tokenizer.json"), "tokenizer.json");
  const token = added_tokens.find(({ content }) => content === literal);
  if (token !== undefined) return token.id;
  throw new ModelLoadError(
    `tokenizer.json has no token "${literal}". It belongs to another checkpoint; copy the right one.`,
  );
}
