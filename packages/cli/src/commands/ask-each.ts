import type { BatchEntry, PredictionResponse } from "ocellus";
import { describeError } from "../output/describe-error.ts";
import { formatAnswer } from "../output/format-answer.ts";
import { printableOn } from "../output/printable.ts";
import { styleFor } from "../output/text-style.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";
import type { AskContext } from "./ask.ts";
import { drawAnswer } from "./draw-answer.ts";

/**
 * Asks about every source and shows each answer as it is finished: as text (`path: answer` when there are several), or
 * with `--json` as one object a line.
 *
 * @returns exit code: 1 when an answer or a drawing failed
 */
export async function askEach(context: AskContext): Promise<number> {
  const { model, input, request, options, signal } = context;
  await using run = model({
    ...request,
    source: input.sources,
    userPrompt: input.prompt,
    showProgress: showsProgress(context),
    ...(options.recursive === true ? { recursive: true } : {}),
  });
  let hasFailed = false;
  for await (const entry of run) {
    const [response, error] = entry.outcome;
    // After Ctrl-C the rest of the list is one interruption, not a list of failures.
    if (error !== null && signal.aborted) continue;
    await writeOutput(options.json === true ? jsonLine(entry) : textOf(entry, context));
    if (error !== null && options.json !== true) writeMessage(describeError(error, String(entry.source)));
    const isDrawn = response === null || (await drawAnswer(context, String(entry.source), response));
    hasFailed ||= error !== null || !isDrawn;
  }
  return hasFailed ? 1 : 0;
}

/** A line on standard error; answers on the same terminal are progress enough and would tear it. */
function showsProgress({ options, isSingle }: AskContext): boolean {
  if (options.quiet === true) return false;
  return options.progress ?? (!isSingle && process.stderr.isTTY === true && process.stdout.isTTY !== true);
}

function jsonLine({ index, source, outcome }: BatchEntry<PredictionResponse>): string {
  const [result, error] = outcome;
  return `${JSON.stringify({ index, source, result, error })}\n`;
}

function textOf({ source, outcome }: BatchEntry<PredictionResponse>, { isSingle }: AskContext): string {
  const [response] = outcome;
  if (response === null) return "";
  const answer = printableOn(process.stdout, formatAnswer(response));
  if (isSingle) return `${answer}\n`;
  const name = styleFor(process.stdout).cyan(printableOn(process.stdout, String(source)));
  return answer.includes("\n") ? `${name}:\n${answer.replace(/^/gm, "  ")}\n` : `${name}: ${answer}\n`;
}
