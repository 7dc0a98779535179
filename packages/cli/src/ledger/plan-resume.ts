import { type BatchEntry, expandFolder, isFolder, type PredictionResponse, VisionError } from "ocellus";
import type { AskOptions } from "../arguments/ask-options.ts";
import { createAnswerKeys } from "./answer-key.ts";
import type { AnswerLedger } from "./open-ledger.ts";

/** A source that is still to be asked about, with its place in the whole list. */
export interface PendingSource {
  readonly index: number;
  readonly source: string;
  readonly key: string;
}

/** A run with the part of it that an earlier one has done. */
export interface ResumePlan {
  /** Answers from the ledger, and folders that could not be expanded. */
  readonly known: readonly BatchEntry<PredictionResponse>[];
  readonly pending: readonly PendingSource[];
}

/**
 * Expands folders and takes the answers that the ledger has.
 *
 * @throws AbortedError
 */
export async function planResume(
  sources: readonly string[],
  prompt: string,
  { options, ledger, signal }: { readonly options: AskOptions; readonly ledger: AnswerLedger; signal: AbortSignal },
): Promise<ResumePlan> {
  const keyOf = createAnswerKeys(prompt, options);
  const known: BatchEntry<PredictionResponse>[] = [];
  const pending: PendingSource[] = [];
  const expanded = await expandFolders(sources, options.recursive === true, signal);
  for (const [index, { source, error }] of expanded.entries()) {
    if (error !== null) {
      known.push({ index, source, outcome: [null, error] });
      continue;
    }
    const key = keyOf(source);
    const response = ledger.find(key);
    if (response === null) pending.push({ index, source, key });
    else known.push({ index, source, outcome: [response, null] });
  }
  return { known, pending };
}

interface ExpandedSource {
  readonly source: string;
  readonly error: VisionError | null;
}

async function expandFolders(
  sources: readonly string[],
  recursive: boolean,
  signal: AbortSignal,
): Promise<readonly ExpandedSource[]> {
  const expanded: ExpandedSource[] = [];
  for (const source of sources) {
    if (!isFolder(source)) expanded.push({ source, error: null });
    else expanded.push(...(await filesOf(source, recursive, signal)));
  }
  return expanded;
}

async function filesOf(folder: string, recursive: boolean, signal: AbortSignal): Promise<readonly ExpandedSource[]> {
  try {
    const files = await expandFolder(folder, { recursive, signal });
    return files.map((source) => ({ source, error: null }));
  } catch (error) {
    if (!VisionError.isInstance(error) || error.code === "aborted") throw error;
    return [{ source: folder, error }];
  }
}
