import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Ended } from "./run-here.ts";

const program = fileURLToPath(new URL("../../bin/ocellus.js", import.meta.url));

/** Interferes with a running command. */
export interface ProcessListeners {
  /** Called at every piece of standard output with all of it so far. */
  readonly onOutput?: (child: ChildProcess, stdout: string) => unknown;
  /** The same for standard error. */
  readonly onMessage?: (child: ChildProcess, stderr: string) => unknown;
}

/** Runs the built command in a process of its own, to its end. Working folder and environment are those of the test. */
export async function runProcess(
  values: readonly string[],
  { onOutput, onMessage }: ProcessListeners = {},
): Promise<Ended & { readonly signal: NodeJS.Signals | null }> {
  const child = spawn(process.execPath, [program, ...values], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(child, stdout);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    onMessage?.(child, stderr);
  });
  return await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
