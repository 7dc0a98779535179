import { VisionError } from "@ocellus/core";
import { CommanderError } from "commander";
import { CommandError } from "./command-error.ts";
import { createProgram } from "./create-program.ts";
import type { Interruption } from "./interruption.ts";
import { describeError } from "./output/describe-error.ts";
import { isBrokenPipe, writeMessage } from "./output/write-output.ts";

/**
 * Runs one command line to its end. Nothing is thrown: what went wrong is on standard error.
 *
 * @param values arguments behind the program's name
 * @returns exit code: 0 all answered, 1 some failed, 2 wrong usage, or what the interruption asks for
 */
export async function runCommand(values: readonly string[], interruption: Interruption): Promise<number> {
  const { signal } = interruption;
  let exitCode = 0;
  const program = createProgram(signal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(values, { from: "user" });
  } catch (error) {
    exitCode = exitCodeOf(error);
    // Nobody needs to be told of the Ctrl-C that they pressed.
    if (!isShown(error) && !signal.aborted) writeMessage(describeError(error));
  }
  return interruption.exitCode() ?? exitCode;
}

function exitCodeOf(error: unknown): number {
  // Help and version end with 0; everything else that commander throws is wrong usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) return error.exitCode;
  return VisionError.isInstance(error) && error.code === "invalid-argument" ? 2 : 1;
}

/** Commander has shown its own errors, and a reader that is gone sees none. */
function isShown(error: unknown): boolean {
  return error instanceof CommanderError || isBrokenPipe(error);
}
