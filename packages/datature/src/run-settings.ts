import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import {
  type CheckpointGenerationConfig,
  type CoordinateSpace,
  checkTaskOption,
  describeValue,
  InvalidArgumentError,
  ModelLoadError,
  readCheckpointGenerationConfig,
  suggestName,
  type TaskName,
  taskDefinitions,
} from "@ocellus/core";
import type { Wire } from "./platform-client.ts";
import { listAt, objectAt, textAt } from "./wire-fields.ts";

/** What `run.json` says about a model. Plain data. */
export interface RunSettings {
  /** Name of the flow. */
  readonly name: string | null;
  /** What the run was trained for; `null` when it has no dataset block. */
  readonly task: TaskName | null;
  /** The run's own; `null` for that of the task. */
  readonly systemPrompt: string | null;
  /** `systemPrompt` under the tasks that it is for. */
  readonly systemPrompts: Readonly<Partial<Record<TaskName, string>>>;
  readonly generationConfig: CheckpointGenerationConfig;
  /** A run is trained on boxes from 0 to 1024, whatever its family writes otherwise (vlm.md B11). */
  readonly coordinateSpace: CoordinateSpace;
  readonly architecture: { readonly name: string | null; readonly size: string | null };
  readonly quantization: { readonly enabled: boolean; readonly type: string };
  /** Precision that it was trained in, in lower case (`bfloat16`). */
  readonly precisionType: string;
}

const maxBytes = 16 * 1024 * 1024;
const spaces: readonly CoordinateSpace[] = ["relative-1024", "relative-1000", "relative-999", "unit", "pixels"];

/**
 * Reads `run.json` of a downloaded model: the blocks of the flow that it was trained by. Keys may be in snake_case or
 * camelCase.
 *
 * @returns null when there is no such file; the folder is then an ordinary checkpoint
 * @throws ModelLoadError naming the file and the key that is wrong
 */
export async function readRunSettings(modelFolder: string): Promise<RunSettings | null> {
  const path = join(modelFolder, "run.json");
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) throw new ModelLoadError(`${path} has ${size} bytes; at most ${maxBytes} are read.`);
    text = await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    if (ModelLoadError.isInstance(cause)) throw cause;
    throw new ModelLoadError(`${path} cannot be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
  return parseRunSettings(text, path);
}

/** As {@link readRunSettings}, of the text of a file. */
export function parseRunSettings(text: string, path: string): RunSettings {
  const flow = readFlow(text, path);
  const settingsOf = (part: string): Wire | null => {
    const block = listAt(flow.blocks).find((entry) => (textAt(objectAt(entry).block) ?? "").includes(part));
    return block === undefined ? null : objectAt(objectAt(block).settings);
  };
  const dataset = settingsOf("dataset");
  const prompt = settingsOf("system-prompt");
  const model = settingsOf("model") ?? {};
  const architecture = objectAt(model.architecture);
  const quantization = objectAt(model.quantization);
  const task = dataset === null ? null : readTask(keyOf(dataset, "projectKind"), path);
  const systemPrompt = prompt === null ? null : readPrompt(keyOf(prompt, "systemPrompt"), path);
  return {
    name: textAt(flow.name),
    task,
    systemPrompt,
    systemPrompts: promptsOf(task ?? "generic", systemPrompt),
    generationConfig: readCheckpointGenerationConfig(model.evaluation),
    coordinateSpace: readSpace(keyOf(model, "coordinateSpace"), path),
    architecture: { name: textAt(architecture.name), size: textAt(architecture.size) },
    quantization: {
      enabled: quantization.enabled === true,
      type: (textAt(quantization.type) ?? "nf4").toLowerCase(),
    },
    precisionType: (textAt(keyOf(objectAt(model.compute), "precisionType")) ?? "bfloat16").toLowerCase(),
  };
}

function readFlow(text: string, path: string): Wire {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ""));
  } catch (cause) {
    throw new ModelLoadError(`${path} is no JSON: ${(cause as Error).message}. Download the run again.`, { cause });
  }
  const flow = objectAt(objectAt(objectAt(json).spec).flow);
  if (Array.isArray(flow.blocks)) return flow;
  throw new ModelLoadError(`${path} has no list spec.flow.blocks. Export the run again on Datature Vi.`);
}

/** The value under the camelCase or else the snake_case name. */
function keyOf(settings: Wire, name: string): unknown {
  return settings[name] ?? settings[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];
}

function readTask(value: unknown, path: string): TaskName {
  try {
    const task = checkTaskOption(value, "projectKind of its dataset block");
    if (task !== "auto") return task;
  } catch (cause) {
    if (!InvalidArgumentError.isInstance(cause)) throw cause;
    throw new ModelLoadError(`${path}: ${cause.message} Give the option task to use another.`, { cause });
  }
  throw new ModelLoadError(`${path}: projectKind of its dataset block must be a task; got "auto".`);
}

function readPrompt(value: unknown, path: string): string {
  if (typeof value === "string") return value;
  throw new ModelLoadError(
    `${path}: systemPrompt of its system-prompt block must be a text; got ${describeValue(value)}.`,
  );
}

function readSpace(value: unknown, path: string): CoordinateSpace {
  if (value === undefined || value === null) return "relative-1024";
  const found = spaces.find((space) => space === value);
  if (found !== undefined) return found;
  const hint = typeof value === "string" ? suggestName(value, spaces) : "";
  throw new ModelLoadError(`${path}: coordinateSpace ${describeValue(value)} is not known. ${hint}`.trimEnd());
}

/** A prompt of its own for captions also holds for videos; the standard one has its own text for them. */
function promptsOf(task: TaskName, prompt: string | null): RunSettings["systemPrompts"] {
  if (prompt === null) return {};
  const isOwn = prompt.trim() !== taskDefinitions[task].systemPrompt.trim();
  return { [task]: prompt, ...(task === "freeform" && isOwn ? { "video-freeform": prompt } : {}) };
}
