import {
  type BatchEntry,
  type CocoEntry,
  type PredictionResponse,
  readPicture,
  type SourceInput,
  VisionError,
} from "ocellus";
import { type AnswerLedger, openLedger } from "../ledger/open-ledger.ts";
import { type PendingSource, planResume } from "../ledger/plan-resume.ts";
import { type AnswerSink, createAnswerSink } from "../output/answer-sink.ts";
import { describeError } from "../output/describe-error.ts";
import { openOutputFile } from "../output/output-file.ts";
import { writeMessage } from "../output/write-output.ts";
import type { AskContext } from "./ask.ts";
import { drawAnswer } from "./draw-answer.ts";

/**
 * Asks about every source and hands each answer to the output as it is finished. With `--resume` the answers of earlier
 * runs come first, and every new one is in the ledger before it is shown.
 *
 * @returns exit code: 1 when an answer or a drawing failed
 */
export async function askEach(context: AskContext): Promise<number> {
  const { input, options, format, isSingle, signal } = context;
  const isOrdered = options.resume !== undefined;
  await using file = options.output === undefined ? null : await openOutputFile(options.output);
  const sink = createAnswerSink({ format, isSingle, file, isOrdered });
  let hasFailed = false;
  const show = async (entry: BatchEntry<PredictionResponse>): Promise<void> => {
    hasFailed = !(await showEntry(entry, sink, context)) || hasFailed;
  };
  if (options.resume === undefined) {
    await runOver(input.sources, context, show);
  } else {
    await using ledger = await openLedger(options.resume);
    const { known, pending } = await planResume(input.sources, input.prompt, { options, ledger, signal });
    const answered = known.filter(({ outcome }) => outcome[1] === null).length;
    if (options.quiet !== true && answered > 0) {
      writeMessage(`ocellus: ${answered} of ${known.length + pending.length} answers are in ${options.resume}.\n`);
    }
    for (const entry of known) await show(entry);
    await runPending(pending, ledger, context, show);
  }
  await sink.end();
  return hasFailed ? 1 : 0;
}

type EntryListener = (entry: BatchEntry<PredictionResponse>) => Promise<void>;

/** Asks about the sources that the ledger lacks and adds them to it. */
async function runPending(
  pending: readonly PendingSource[],
  ledger: AnswerLedger,
  context: AskContext,
  show: EntryListener,
): Promise<void> {
  if (pending.length === 0) return;
  await runOver(
    pending.map(({ source }) => source),
    context,
    async (entry) => {
      const { index, key } = pending[entry.index]!;
      const placed = { ...entry, index };
      await ledger.append(key, placed);
      await show(placed);
    },
  );
}

async function runOver(sources: readonly SourceInput[], context: AskContext, onEntry: EntryListener): Promise<void> {
  const { model, input, request, options, signal } = context;
  await using run = model({
    ...request,
    source: sources,
    userPrompt: input.prompt,
    showProgress: showsProgress(context),
    ...(options.recursive === true ? { recursive: true } : {}),
  });
  for await (const entry of run) {
    // After Ctrl-C the rest of the list is one interruption, not a list of failures.
    if (entry.outcome[1] !== null && signal.aborted) continue;
    await onEntry(entry);
  }
}

/** @returns false when the answer or its drawing failed; the reason has been shown */
async function showEntry(
  finished: BatchEntry<PredictionResponse>,
  sink: AnswerSink,
  context: AskContext,
): Promise<boolean> {
  const entry = context.format === "coco" ? await withSize(finished, context) : finished;
  const source = String(entry.source);
  const [response, error] = entry.outcome;
  await sink.add(entry);
  if (error !== null && (context.format !== "json" || context.options.output !== undefined)) {
    writeMessage(describeError(error, source));
  }
  const isDrawn = response === null || (await drawAnswer(context, source, response));
  return error === null && isDrawn;
}

/**
 * COCO counts in pixels. An answer whose picture has no size (a video) is a failure there. Not stopped by Ctrl-C: an
 * answer that is there must not get lost for its size.
 */
async function withSize(entry: BatchEntry<PredictionResponse>, { options }: AskContext): Promise<CocoEntry> {
  if (entry.outcome[1] !== null) return entry;
  try {
    const allowPrivateAddresses = options.allowPrivateAddresses === true;
    const { width, height } = await readPicture(entry.source, { allowPrivateAddresses });
    return { ...entry, size: { width, height } };
  } catch (error) {
    if (!VisionError.isInstance(error)) throw error;
    return { ...entry, outcome: [null, error] };
  }
}

/** A line on standard error; answers on the same terminal are progress enough and would tear it. */
function showsProgress({ options, isSingle }: AskContext): boolean {
  if (options.quiet === true) return false;
  return options.progress ?? (!isSingle && process.stderr.isTTY === true && process.stdout.isTTY !== true);
}
