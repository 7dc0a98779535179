import {
  type CheckpointGenerationConfig,
  type CoordinateSpace,
  InvalidArgumentError,
  readCheckpointGenerationConfig,
  type TaskName,
} from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "./checkpoint-files.ts";
import { parseConfig } from "./parse-config.ts";

const taskNames = ["vqa", "phrase-grounding", "freeform", "video-freeform", "generic"] as const satisfies TaskName[];
const spaces = [
  "relative-1024",
  "relative-1000",
  "relative-999",
  "unit",
  "pixels",
] as const satisfies CoordinateSpace[];

const metadataSchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  task: z.enum(taskNames).optional(),
  systemPrompts: z.partialRecord(z.enum(taskNames), z.string().max(100_000)).optional(),
  cotSuffix: z.string().max(100_000).optional(),
  coordinateSpace: z.enum(spaces).optional(),
  generationConfig: z
    .looseObject({})
    .transform((json) => readCheckpointGenerationConfig(json))
    .optional(),
});

/** What a checkpoint says about itself in an optional `ocellus.json`, beyond the files of Hugging Face. */
export interface CheckpointMetadata {
  /** Name for people. */
  readonly name?: string | undefined;
  /** What `task: "auto"` means for it. */
  readonly task?: TaskName | undefined;
  /** System prompts that it was trained with, by task. */
  readonly systemPrompts?: Partial<Record<TaskName, string>> | undefined;
  /** What `cot` appends to the system prompt. */
  readonly cotSuffix?: string | undefined;
  /** How it writes boxes. */
  readonly coordinateSpace?: CoordinateSpace | undefined;
  /** Its generation settings; they count more than those of generation_config.json. Its stop ids all count. */
  readonly generationConfig?: CheckpointGenerationConfig | undefined;
}

/**
 * Reads `ocellus.json` of a checkpoint: `name`, the `task` that "auto" means, `systemPrompts` by task, the `cotSuffix`, the
 * `coordinateSpace` that the checkpoint writes boxes in, and its `generationConfig`. Empty when there is no such file.
 *
 * @throws ModelLoadError naming the key that is unknown or wrong
 */
export async function loadCheckpointMetadata(files: CheckpointFiles): Promise<CheckpointMetadata> {
  if (!files.has("ocellus.json")) return {};
  return parseConfig(metadataSchema, await files.readJson("ocellus.json"), "ocellus.json");
}

/**
 * Checks what a caller says about a checkpoint.
 *
 * @throws InvalidArgumentError naming the key that is unknown or wrong
 */
export function checkMetadata(value: unknown): CheckpointMetadata {
  const parsed = metadataSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new InvalidArgumentError(`${["options.metadata", ...issue.path].join(".")}: ${issue.message}.`);
}
