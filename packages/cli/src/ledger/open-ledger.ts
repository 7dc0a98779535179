import { type FileHandle, open } from "node:fs/promises";
import type { BatchEntry, PredictionResponse } from "ocellus";
import { CommandError } from "../command-error.ts";
import { readLedger } from "./read-ledger.ts";

/** The record of finished answers of a run, on disk. */
export interface AnswerLedger extends AsyncDisposable {
  /** The answer that an earlier run gave, or `null`. */
  find(key: string): PredictionResponse | null;
  /**
   * Adds a finished entry, failures too, and waits until the disk has it.
   *
   * @throws CommandError when it cannot be written
   */
  append(key: string, entry: BatchEntry<PredictionResponse>): Promise<void>;
}

/**
 * Opens a ledger, or begins one. A line that a killed run left unfinished is removed.
 *
 * @throws CommandError when the file cannot be opened, or is not a ledger
 */
export async function openLedger(path: string): Promise<AnswerLedger> {
  const { answers, completeBytes } = await readLedger(path);
  const file = await openFile(path, completeBytes);
  return {
    find: (key) => answers.get(key) ?? null,
    async append(key, { index, source, outcome: [result, error] }) {
      try {
        await file.appendFile(`${JSON.stringify({ key, index, source, result, error })}\n`);
        await file.datasync();
      } catch (cause) {
        throw failed("written", path, cause);
      }
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

async function openFile(path: string, completeBytes: number): Promise<FileHandle> {
  try {
    const file = await open(path, "a");
    if ((await file.stat()).size > completeBytes) await file.truncate(completeBytes);
    return file;
  } catch (cause) {
    throw failed("opened", path, cause);
  }
}

function failed(action: string, path: string, cause: unknown): CommandError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new CommandError(`The ledger ${path} cannot be ${action}: ${reason}`, 1, { cause });
}
