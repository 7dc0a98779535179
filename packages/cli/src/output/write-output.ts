import { once } from "node:events";

/**
 * Writes results to standard output and waits while the reader is slow, so that a long run does not pile them up.
 *
 * @throws the stream's error, `EPIPE` when the reader is gone
 */
export async function writeOutput(text: string): Promise<void> {
  if (text !== "" && !process.stdout.write(text)) await once(process.stdout, "drain");
}

/** Writes a message to standard error: notes, progress, errors. */
export function writeMessage(text: string): void {
  process.stderr.write(text);
}

/** True for the error of writing to a pipe whose reader has ended (`| head`). */
export function isBrokenPipe(error: unknown): boolean {
  return (error as NodeJS.ErrnoException | null)?.code === "EPIPE";
}
