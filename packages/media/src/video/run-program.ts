import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** How a program ended. */
export interface ProgramEnd {
  /** Exit status; `null` when a signal ended it. */
  readonly status: number | null;
  /** Why it could not be started. */
  readonly startError?: Error;
}

/** A child process whose output is read. */
export interface RunningProgram {
  /** Its standard output; whoever does not read it stalls the program. */
  readonly stdout: Readable;
  /** Settles when the program has ended and its pipes are closed. Never rejects. */
  readonly ended: Promise<ProgramEnd>;
  /** The last 8 KiB of its messages. */
  messages(): string;
  /** Ends it at once and waits until it is gone; nothing is left to be reaped. */
  kill(): Promise<void>;
}

const keptMessages = 8 * 1024;

/**
 * Starts a program without a shell: every argument arrives as it is. It has no standard input, so it can never wait for
 * one.
 */
export function startProgram(path: string, args: readonly string[]): RunningProgram {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"], windowsHide: true });
  let messages = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    messages = (messages + text).slice(-keptMessages);
  });
  // A reader that went away destroys the pipe; the error of that is of no interest to anyone.
  child.stdout.on("error", () => undefined);
  const ended = new Promise<ProgramEnd>((resolve) => {
    child.once("error", (startError) => {
      if (child.pid === undefined) resolve({ status: null, startError });
    });
    child.once("close", (status) => resolve({ status }));
  });
  return {
    stdout: child.stdout,
    ended,
    messages: () => messages.trim(),
    kill: async () => {
      child.kill("SIGKILL");
      child.stdout.destroy();
      await ended;
    },
  };
}
