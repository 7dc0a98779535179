import { ModelLoadError } from "@ocellus/core";
import type { z } from "zod";

/**
 * Validates a parsed JSON file of a checkpoint against a schema.
 *
 * @param file name of the file, for the error
 * @throws ModelLoadError naming the file, the key and what was expected
 */
export function parseConfig<Schema extends z.ZodType>(schema: Schema, json: unknown, file: string): z.output<Schema> {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const key = issue.path.join(".") || "the file itself";
  throw new ModelLoadError(`${file}: ${key}: ${issue.message}. The file is damaged or of an unknown layout.`, {
    cause: parsed.error,
  });
}
