import { inspectModel, openRun, type ProgressEvent, type Run, type RunModel, ViClient } from "ocellus";
import { describeProgress } from "../output/describe-progress.ts";
import { formatInspection } from "../output/format-inspection.ts";
import { printable, printableOn } from "../output/printable.ts";
import { styleFor } from "../output/text-style.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";

/** The options of `ocellus datature runs`. */
export interface DatatureRunsOptions {
  readonly limit?: number;
  readonly json?: true;
}

/** Which model of a run, and where models are kept. */
export interface DataturePlace {
  readonly checkpoint?: string;
  readonly savePath?: string;
}

/** The options of `ocellus datature pull`. */
export interface DataturePullOptions extends DataturePlace {
  readonly overwrite?: true;
  readonly quiet?: true;
}

/** The options of `ocellus datature inspect`. */
export interface DatatureInspectOptions extends DataturePlace {
  readonly json?: true;
}

/**
 * `ocellus datature runs`: a line for each run, or for each model of one.
 *
 * @throws typed errors of the client
 */
export async function datatureRuns(
  runId: string | undefined,
  { limit = Number.POSITIVE_INFINITY, json }: DatatureRunsOptions,
  signal: AbortSignal,
): Promise<number> {
  await using client = new ViClient();
  const list: AsyncIterable<Run | RunModel> =
    runId === undefined ? client.runs.list({ signal }) : client.models.list(runId, { signal });
  let lines = 0;
  for await (const entry of list) {
    if (lines >= limit) break;
    lines += 1;
    const text = json === true ? JSON.stringify(entry) : describe(entry);
    await writeOutput(`${printableOn(process.stdout, text)}\n`);
  }
  return 0;
}

function describe(entry: Run | RunModel): string {
  const day = entry.createdAt === null ? "" : new Date(entry.createdAt).toISOString().slice(0, 10);
  if ("status" in entry) return [entry.runId, entry.status.padEnd(9), day, entry.name ?? ""].join("  ").trimEnd();
  const metrics = Object.entries(entry.evaluationMetrics ?? {}).map(([name, value]) => `${name} ${String(value)}`);
  return [entry.checkpoint, `epoch ${entry.epoch ?? "?"}`, day, metrics.join(", ")].join("  ").trimEnd();
}

/**
 * `ocellus datature pull`: downloads the model of a run and prints its folder.
 *
 * @throws typed errors of the download
 */
export async function dataturePull(runId: string, options: DataturePullOptions, signal: AbortSignal): Promise<number> {
  const { quiet, ...place } = options;
  const isShown = quiet !== true && process.stderr.isTTY === true;
  const onProgress = isShown
    ? (event: ProgressEvent) => writeMessage(`\r${printable(describeProgress(event)?.text ?? "")}\u001b[K`)
    : undefined;
  const run = await openRun({ runId, ...place }, { signal, onProgress });
  if (isShown) writeMessage("\r\u001b[K");
  const folders = [run.modelFolder, ...(run.adapterFolder === null ? [] : [run.adapterFolder])];
  await writeOutput(`${printableOn(process.stdout, folders.join("\n"))}\n`);
  return 0;
}

/**
 * `ocellus datature inspect`: what a downloaded model is and what prevents loading it.
 *
 * @returns exit code: 0 when it can be loaded, 1 when it cannot
 * @throws ModelLoadError when it is not on this machine
 */
export async function datatureInspect(
  runId: string,
  { json, ...place }: DatatureInspectOptions,
  signal: AbortSignal,
): Promise<number> {
  const inspection = await inspectModel({ runId, ...place }, { signal });
  if (json === true) {
    await writeOutput(`${JSON.stringify(inspection)}\n`);
    return inspection.isLoadable ? 0 : 1;
  }
  const task = inspection.run?.settings?.task ?? "not stated";
  const text = `${formatInspection(inspection, styleFor(process.stdout))}\nTask of the run: ${task}\n`;
  await writeOutput(text);
  return inspection.isLoadable ? 0 : 1;
}
