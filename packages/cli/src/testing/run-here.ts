import { runCommand } from "../run-command.ts";
import { captureOutput } from "./capture-output.ts";

/** What a command left behind. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a command line in this process, which saves starting one: for what does not depend on signals, pipes and the end
 * of the process. Working folder and environment are those of the test.
 */
export async function runHere(values: readonly string[]): Promise<Ended> {
  const { signal } = new AbortController();
  const interruption = { signal, exitCode: () => undefined, stopQuietly: () => undefined };
  const { result: code, ...written } = await captureOutput(() => runCommand(values, interruption));
  return { code, ...written };
}
