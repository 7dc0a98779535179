import { statSync } from "node:fs";
import { homedir } from "node:os";
import { loadModel, type SingleRequest, silentLogger, type TaskName, type VisionModel } from "ocellus";
import { checkpointFolder } from "ocellus-tiny";
import {
  type AskOptions,
  formatOf,
  generationConfigOf,
  loadOptionsOf,
  type OutputFormat,
} from "../arguments/ask-options.ts";
import { modelSource } from "../arguments/model-source.ts";
import { type AskInput, splitArguments } from "../arguments/split-arguments.ts";
import { CommandError } from "../command-error.ts";
import { createPictureAnnotator, type PictureAnnotator } from "../output/annotate-picture.ts";
import { createLoadingLine } from "../output/loading-line.ts";
import { writeMessage } from "../output/write-output.ts";
import { askEach } from "./ask-each.ts";
import { askStreaming } from "./ask-streaming.ts";

/** What the two ways of asking share. */
export interface AskContext {
  readonly model: VisionModel;
  readonly input: AskInput;
  /** False for a list or a folder. */
  readonly isSingle: boolean;
  readonly options: AskOptions;
  readonly format: OutputFormat;
  /** The call's options beside source and prompt. */
  readonly request: Omit<SingleRequest, "source" | "userPrompt" | "messages" | "recursive" | "stream">;
  readonly annotator: PictureAnnotator | null;
  readonly signal: AbortSignal;
}

/**
 * `ocellus ask`: one prompt about pictures.
 *
 * @returns exit code: 0 when all were answered, 1 when some failed
 * @throws CommandError for wrong usage; typed errors of loading
 */
export async function ask(values: readonly string[], options: AskOptions, signal: AbortSignal): Promise<number> {
  const format = formatOf(options);
  const input = splitArguments(values, options.prompt);
  const isSingle = input.sources.length === 1 && options.recursive !== true && !isFolder(input.sources[0]!);
  const isPlain = format === "text" && options.output === undefined && options.resume === undefined;
  const canStream = isSingle && isPlain;
  if (options.stream === true && !canStream) {
    throw new CommandError(
      "--stream shows the answer about one picture; leave it out for several, and with --json, --format, --output or --resume.",
      2,
    );
  }
  await using model = await openModel(options, signal);
  const task = options.task === "auto" ? (model.info.task ?? "generic") : options.task;
  checkTask(task, format, input);
  const context: AskContext = {
    model,
    input,
    isSingle,
    options,
    format,
    request: {
      task: options.task,
      generationConfig: generationConfigOf(options),
      signal,
      ...(options.system === undefined ? {} : { systemPrompt: options.system }),
      ...(options.cot === true ? { cot: true } : {}),
    },
    annotator:
      options.draw === undefined ? null : createPictureAnnotator(options.draw, options.allowPrivateAddresses === true),
    signal,
  };
  // The JSON of the other tasks is shown as text once it is complete, unless asked otherwise.
  const isStreaming = canStream && (options.stream ?? task === "generic");
  return isStreaming ? await askStreaming(context) : await askEach(context);
}

function checkTask(task: TaskName, format: OutputFormat, { prompt }: AskInput): void {
  if (task === "generic" && prompt === "") {
    throw new CommandError('A plain answer needs a question: ocellus ask photo.jpg "How many mugs?", or --task.', 2);
  }
  if (format === "coco" && task !== "phrase-grounding") {
    throw new CommandError("--format coco holds boxes; it needs --task phrase-grounding.", 2);
  }
}

/** Loads `--model`, or the embedded model with a note that says so. */
async function openModel(options: AskOptions, signal: AbortSignal): Promise<VisionModel> {
  const isQuiet = options.quiet === true;
  if (options.model === undefined && !isQuiet) {
    writeMessage(
      "ocellus: no --model given; the embedded demonstration model answers. It knows only coloured shapes.\n",
    );
  }
  const line = createLoadingLine(process.stderr, isQuiet ? false : options.progress);
  try {
    return await loadModel(modelSource(options.model ?? checkpointFolder), {
      ...loadOptionsOf(options),
      signal,
      onProgress: line.update,
      ...(isQuiet ? { logger: silentLogger } : {}),
    });
  } finally {
    line.end();
  }
}

/** What cannot be looked at (a data URI is no path at all) is no folder. */
function isFolder(source: string): boolean {
  try {
    return statSync(source.replace(/^~(?=$|[\\/])/, () => homedir())).isDirectory();
  } catch {
    return false;
  }
}
