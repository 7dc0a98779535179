import type { BatchRun } from "../batch/batch-run.ts";
import { type BatchTask, createBatchRun } from "../batch/create-batch-run.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { VisionBackend } from "../model/vision-backend.ts";
import type { RunProgressEvent } from "../progress-event.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { createRunProgress, type RunProgress } from "../run-progress.ts";
import { createRunProgressLine, type RunProgressLine } from "../run-progress-line.ts";
import { parseSource } from "../source/parse-source.ts";
import { answerOnce } from "./answer-once.ts";
import type { CheckedCallOptions } from "./check-call-options.ts";
import { type ExpandedSource, expandSources, listSources } from "./expand-sources.ts";
import type { CallPlan } from "./plan-call.ts";

/** Upper bound of a run, so that a runaway folder does not fill the memory with outcomes. */
const maxEntries = 1_000_000;

/** The entries of a list, set or generator; one that never ends is left at the limit. */
function takeEntries(sources: Iterable<unknown>): readonly unknown[] {
  const entries: unknown[] = [];
  for (const source of sources) {
    if (entries.push(source) > maxEntries) {
      throw new InvalidArgumentError(`options.source must have at most ${maxEntries} entries.`);
    }
  }
  return entries;
}

/**
 * Starts a run over a list.
 *
 * @throws InvalidArgumentError for an entry that can be no source, and for a list of prompts that does not fit. When
 * the list has folders its length is known only after they were read: then the run rejects instead.
 */
export function runList(
  sources: Iterable<unknown>,
  options: CheckedCallOptions,
  plan: CallPlan,
  backend: VisionBackend,
  closing: AbortSignal,
): BatchRun<PredictionResponse> {
  const listed = listSources(takeEntries(sources), backend);
  // A folder becomes at least one entry, so fewer prompts than sources can never fit.
  const isCountKnown = !listed.some(({ isFolder }) => isFolder);
  checkPromptCount(options.userPrompt, listed.length, isCountKnown);

  const toTask = (entry: ExpandedSource, index: number): BatchTask<PredictionResponse> => ({
    source: entry.source,
    async run(signal) {
      if ("error" in entry) throw entry.error;
      const prompt = promptAt(options.userPrompt, index);
      const planned = () => plan.forSource(entry.parsed ?? parseSource(entry.source), prompt);
      return await answerOnce(backend, planned, { signals: [signal, closing], onText: null });
    },
  });

  return createBatchRun<PredictionResponse>({
    async expand(signal) {
      const expanded = await expandSources(listed, backend, { recursive: options.recursive, signal });
      checkPromptCount(options.userPrompt, expanded.length, true);
      return expanded.map(toTask);
    },
    concurrency: options.batchSize ?? backend.concurrency ?? 1,
    signal: options.signal,
    ...createProgressHooks(options),
  });
}

function promptAt(prompt: string | readonly string[] | null, index: number): string {
  return (typeof prompt === "string" ? prompt : prompt?.[index]) ?? "";
}

function checkPromptCount(prompt: string | readonly string[] | null, count: number, isCountKnown: boolean): void {
  if (prompt === null || typeof prompt === "string") return;
  if (isCountKnown ? prompt.length === count : prompt.length >= count) return;
  const sources = isCountKnown ? String(count) : `at least ${count}`;
  throw new InvalidArgumentError(
    `options.userPrompt has ${prompt.length} prompts for ${sources} sources; give one prompt for all or one per source.`,
  );
}

/** Feeds `onProgress` and the line on stderr. Neither can break the run. */
function createProgressHooks(options: CheckedCallOptions): {
  onStart(total: number): void;
  onEntry(entry: { readonly outcome: readonly [unknown, unknown] }): void;
  onEnd(): void;
} {
  const isShown = options.showProgress ?? process.stderr.isTTY === true;
  const line: RunProgressLine | null = isShown ? createRunProgressLine(process.stderr) : null;
  let progress: RunProgress | null = null;
  const report = (event: RunProgressEvent): void => {
    line?.update(event);
    try {
      options.onProgress?.(event);
    } catch {
      // A listener that fails is the listener's business; the answers go on.
    }
  };
  return {
    onStart(total) {
      progress = createRunProgress(total);
    },
    onEntry({ outcome }) {
      if (progress !== null) report(progress.finish(outcome[1] === null));
    },
    onEnd() {
      line?.end();
    },
  };
}
