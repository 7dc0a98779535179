import { checkKnownKeys } from "../check-known-keys.ts";
import { checkNumber } from "../check-number.ts";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { GenerationConfigInput } from "../generation/generation-config.ts";
import type { ProgressListener } from "../progress-event.ts";
import { checkTaskOption } from "../tasks/resolve-task.ts";
import type { TaskOption } from "../tasks/task-name.ts";
import { type CheckedSchema, checkSchema } from "./check-schema.ts";

/** The options of a call after their check, with defaults; source and prompt are still as given. */
export interface CheckedCallOptions {
  readonly source: unknown;
  readonly userPrompt: string | readonly string[] | null;
  readonly messages: readonly unknown[] | null;
  readonly task: TaskOption;
  readonly schema: CheckedSchema | null;
  readonly systemPrompt: string | null;
  readonly templateOptions: Readonly<Record<string, unknown>>;
  readonly generationConfig: GenerationConfigInput;
  readonly cot: boolean;
  readonly stream: boolean;
  readonly fps: number;
  readonly maxFrames: number | null;
  readonly recursive: boolean;
  readonly batchSize: number | null;
  readonly showProgress: boolean | null;
  readonly onProgress: ProgressListener | null;
  readonly signal: AbortSignal | undefined;
}

const knownOptions: readonly string[] = [
  "source",
  "userPrompt",
  "task",
  "taskType",
  "schema",
  "systemPrompt",
  "messages",
  "templateOptions",
  "generationConfig",
  "cot",
  "stream",
  "fps",
  "maxFrames",
  "recursive",
  "batchSize",
  "showProgress",
  "onProgress",
  "signal",
];
const defaultFps = 4;

/**
 * Checks the one object that a model is called with. `undefined` and `null` count as absent. The values of
 * `generationConfig` are checked when it is resolved.
 *
 * @throws InvalidArgumentError naming the option, its value, and the nearest known name of an unknown one
 */
export function checkCallOptions(request: unknown): CheckedCallOptions {
  if (typeof request !== "object" || request === null || Array.isArray(request)) {
    throw new InvalidArgumentError(
      `A model is called with one object of options, { source, userPrompt, … }; got ${describeValue(request)}.`,
    );
  }
  checkKnownKeys(request, knownOptions, "options");
  const given = Object.fromEntries(Object.entries(request).map(([key, value]) => [key, value ?? undefined]));
  return {
    source: given.source,
    userPrompt: checkUserPrompt(given.userPrompt),
    messages: checkMessages(given.messages),
    task: checkTask(given.task, given.taskType),
    schema: given.schema === undefined ? null : checkSchema(given.schema, "options.schema"),
    systemPrompt: checkType(given.systemPrompt, "string", "options.systemPrompt", "a text") ?? null,
    templateOptions: checkTemplateOptions(given.templateOptions),
    generationConfig: checkPlainObject(given.generationConfig, "options.generationConfig"),
    cot: checkType(given.cot, "boolean", "options.cot", "true or false") ?? false,
    stream: checkType(given.stream, "boolean", "options.stream", "true or false") ?? false,
    recursive: checkType(given.recursive, "boolean", "options.recursive", "true or false") ?? false,
    showProgress: checkType(given.showProgress, "boolean", "options.showProgress", "true or false") ?? null,
    onProgress: checkType<ProgressListener>(given.onProgress, "function", "options.onProgress", "a function") ?? null,
    ...checkNumbers(given),
    signal: checkSignal(given.signal),
  };
}

function checkNumbers(given: Record<string, unknown>): Pick<CheckedCallOptions, "fps" | "maxFrames" | "batchSize"> {
  const { fps, maxFrames, batchSize } = given;
  const isAuto = batchSize === undefined || batchSize === "auto";
  return {
    fps: fps === undefined ? defaultFps : checkNumber(fps, "options.fps", { min: 0, max: 1000 }),
    maxFrames:
      maxFrames === undefined
        ? null
        : checkNumber(maxFrames, "options.maxFrames", { min: 1, max: 100_000, integer: true }),
    batchSize: isAuto ? null : checkNumber(batchSize, "options.batchSize", { min: 1, max: 1024, integer: true }),
  };
}

function checkType<Type extends string | boolean | ProgressListener>(
  value: unknown,
  type: "string" | "boolean" | "function",
  path: string,
  expected: string,
): Type | undefined {
  if (value === undefined || typeof value === type) return value as Type | undefined;
  throw new InvalidArgumentError(`${path} must be ${expected}; got ${describeValue(value)}.`);
}

function checkTask(task: unknown, taskType: unknown): TaskOption {
  if (task !== undefined && taskType !== undefined && task !== taskType) {
    throw new InvalidArgumentError(
      `options.task (${describeValue(task)}) and its synonym options.taskType (${describeValue(taskType)}) differ.`,
    );
  }
  if (task === undefined && taskType !== undefined) return checkTaskOption(taskType, "options.taskType");
  return checkTaskOption(task ?? "auto", "options.task");
}

function checkUserPrompt(value: unknown): string | readonly string[] | null {
  if (value === undefined) return null;
  if (typeof value === "string") return value;
  if (!Array.isArray(value)) {
    throw new InvalidArgumentError(
      `options.userPrompt must be a text or a list of texts; got ${describeValue(value)}.`,
    );
  }
  for (const [index, prompt] of value.entries()) {
    if (typeof prompt === "string") continue;
    throw new InvalidArgumentError(`options.userPrompt[${index}] must be a text; got ${describeValue(prompt)}.`);
  }
  return value as readonly string[];
}

function checkMessages(value: unknown): readonly unknown[] | null {
  if (value === undefined) return null;
  if (Array.isArray(value) && value.length > 0) return value;
  throw new InvalidArgumentError(`options.messages must be a list of at least one turn; got ${describeValue(value)}.`);
}

function checkPlainObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new InvalidArgumentError(`${path} must be an object; got ${describeValue(value)}.`);
}

/** They must be able to cross a thread. */
function checkTemplateOptions(value: unknown): Readonly<Record<string, unknown>> {
  const options = checkPlainObject(value, "options.templateOptions");
  try {
    return structuredClone(options);
  } catch (cause) {
    throw new InvalidArgumentError("options.templateOptions must be plain data, without functions.", { cause });
  }
}

function checkSignal(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw new InvalidArgumentError(`options.signal must be an AbortSignal; got ${describeValue(value)}.`);
}
