import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { suggestName } from "../nearest-name.ts";
import type { MediaKind } from "../source/parsed-source.ts";
import type { TaskDefinition } from "./task-definition.ts";
import { taskDefinitions } from "./task-definitions.ts";
import { type TaskName, type TaskOption, taskNames } from "./task-name.ts";

/**
 * Checks a task given by a caller or read from a run.
 *
 * @param path what messages call the value, `options.task`
 * @throws InvalidArgumentError naming the nearest task
 */
export function checkTaskOption(value: unknown, path: string): TaskOption {
  const known: readonly TaskOption[] = ["auto", ...taskNames];
  if (known.includes(value as TaskOption)) return value as TaskOption;
  const hint = typeof value === "string" ? suggestName(value, known) : `Known: ${known.join(", ")}.`;
  throw new InvalidArgumentError(`${path} ${describeValue(value)} is not a task. ${hint}`);
}

/**
 * The definition in effect: `auto` becomes the model's own task (else `generic`), `freeform` about a video becomes
 * `video-freeform`, and the checkpoint's own system prompt replaces that of the definition.
 */
export function resolveTask(
  option: TaskOption,
  media: MediaKind,
  model: { readonly task?: TaskName; readonly systemPrompts?: Readonly<Partial<Record<TaskName, string>>> },
): TaskDefinition {
  let task: TaskName = option === "auto" ? (model.task ?? "generic") : option;
  if (task === "freeform" && media === "video") task = "video-freeform";
  const definition = taskDefinitions[task];
  const systemPrompt = model.systemPrompts?.[task];
  return systemPrompt === undefined ? definition : { ...definition, systemPrompt };
}
