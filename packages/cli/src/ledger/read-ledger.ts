import { createReadStream } from "node:fs";
import type { PredictionResponse } from "ocellus";
import { CommandError } from "../command-error.ts";

/** What a ledger holds. */
export interface LedgerContent {
  /** Answers by their key. Failures are not among them: they are tried again. */
  readonly answers: Map<string, PredictionResponse>;
  /** Bytes up to the end of the last complete line; what follows was torn off while it was written. */
  readonly completeBytes: number;
}

/** How every line begins: enough to tell a ledger from another file before anything is changed in it. */
const lineStart = '{"key":"';
const maxLineBytes = 64 * 2 ** 20;

/**
 * Reads a ledger line by line. A file that does not exist is an empty ledger; a last line without a line feed is what a
 * killed run left behind.
 *
 * @throws CommandError when the file cannot be read, or is not a ledger
 */
export async function readLedger(path: string): Promise<LedgerContent> {
  const answers = new Map<string, PredictionResponse>();
  let completeBytes = 0;
  let lineCount = 0;
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, start)) {
        lineCount++;
        readLine(rest.toString("utf8", start, end), `${path}, line ${lineCount}`, answers);
        completeBytes += end + 1 - start;
        start = end + 1;
      }
      rest = rest.subarray(start);
      if (rest.length > maxLineBytes) throw notALedger(`${path}, line ${lineCount + 1}`);
    }
  } catch (cause) {
    if (cause instanceof CommandError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { answers, completeBytes: 0 };
    throw new CommandError(`The ledger ${path} cannot be read: ${(cause as Error).message}`, 1, { cause });
  }
  const torn = rest.toString("utf8");
  if (!(torn.startsWith(lineStart) || lineStart.startsWith(torn))) throw notALedger(`${path}, line ${lineCount + 1}`);
  return { answers, completeBytes };
}

function readLine(line: string, place: string, answers: Map<string, PredictionResponse>): void {
  if (!line.startsWith(lineStart)) throw notALedger(place);
  let entry: { readonly key: string; readonly result?: PredictionResponse | null };
  try {
    entry = JSON.parse(line);
  } catch {
    throw notALedger(place);
  }
  // The last line of a key counts.
  if (typeof entry.result?.kind === "string") answers.set(entry.key, entry.result);
}

function notALedger(place: string): CommandError {
  return new CommandError(`${place}: this is no line of a ledger. --resume needs a file of its own; name another.`, 2);
}
