import { mkdir, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { drawResult, identifyResult } from "@ocellus/roboflow";
import { encodeImage, type Picture, readPicture, VisionError } from "ocellus";
import { CommandError } from "../command-error.ts";
import { describeError } from "../output/describe-error.ts";
import { printableOn } from "../output/printable.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";
import { openRoboflow, type RoboflowServerOptions } from "./roboflow-client.ts";

/** Options of `ocellus roboflow infer`. */
export interface RoboflowInferOptions extends RoboflowServerOptions {
  readonly model: string;
  readonly confidence?: number;
  readonly concurrency?: number;
  readonly save?: string;
}

/**
 * `ocellus roboflow infer`: a model on every picture, results in the order of the sources.
 *
 * @returns exit code: 0 when all were answered, else 1
 */
export async function roboflowInfer(
  sources: readonly string[],
  options: RoboflowInferOptions,
  signal: AbortSignal,
): Promise<number> {
  await using opened = openRoboflow(options);
  const client = opened.with({
    model: options.model,
    configuration: options.confidence === undefined ? {} : { confidenceThreshold: options.confidence },
  });
  if (options.save !== undefined) await mkdir(options.save, { recursive: true });
  const width = Math.max(1, Math.floor(options.concurrency ?? 1));
  let failed = 0;
  // At most `width` sources are under way; their results are shown in order.
  const running: Promise<unknown>[] = [];
  for (const [index, source] of sources.entries()) {
    running.push(client.infer(source, { signal }).catch((error: unknown) => error));
    if (running.length < width && index < sources.length - 1) continue;
    const first = index - running.length + 1;
    for (const [offset, pending] of running.splice(0).entries()) {
      const place = { index: first + offset, source: sources[first + offset]! };
      if (!(await show(await pending, place, options, signal))) failed += 1;
    }
    signal.throwIfAborted();
  }
  return failed === 0 ? 0 : 1;
}

interface Place {
  readonly index: number;
  readonly source: string;
}

async function show(
  outcome: unknown,
  place: Place,
  options: RoboflowInferOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const { index, source } = place;
  if (outcome instanceof Error && !VisionError.isInstance(outcome)) throw outcome;
  const error = VisionError.isInstance(outcome) ? outcome : null;
  const result = error === null ? (outcome as object) : null;
  if (options.json === true) await writeOutput(`${JSON.stringify({ index, source, result, error })}\n`);
  else if (error !== null) writeMessage(describeError(error, source));
  else await writeOutput(printableOn(process.stdout, `${source}: ${summary(outcome as object)}\n`));
  if (result === null) return false;
  if (options.save === undefined) return true;
  return await save(place, result, options.save, options.json !== true, signal);
}

/** One line: what was found, and how often. */
function summary(result: object): string {
  const { task, result: typed } = identifyResult(result);
  switch (task) {
    case "object-detection":
    case "instance-segmentation":
    case "keypoint-detection": {
      const counts = new Map<string, number>();
      for (const { class: name } of typed.predictions) counts.set(name, (counts.get(name) ?? 0) + 1);
      const found = [...counts].map(([name, count]) => `${count} ${name}`);
      return found.length === 0 ? "nothing found" : found.join(", ");
    }
    case "classification":
      return `${typed.top} (${typed.confidence.toFixed(2)})`;
    case "multi-label-classification":
      return typed.predicted_classes.join(", ") || "no class";
    default:
      return task;
  }
}

async function save(
  place: Place,
  result: object,
  folder: string,
  isLoud: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const picture: Picture = await readPicture(place.source, { signal });
    const name = /^(?:data|https?):/.test(place.source)
      ? `picture-${place.index}`
      : basename(place.source, extname(place.source));
    const path = join(folder, `${name}.png`);
    await writeFile(path, await encodeImage(await drawResult(picture, result)));
    if (isLoud) writeMessage(`ocellus: drew ${path}\n`);
    return true;
  } catch (error) {
    if (!(error instanceof CommandError || VisionError.isInstance(error) || isFileError(error))) throw error;
    writeMessage(describeError(error, place.source));
    return false;
  }
}

const isFileError = (error: unknown): boolean => typeof (error as NodeJS.ErrnoException | null)?.code === "string";
