import { CommanderError } from "commander";
import { VisionError } from "ocellus";
import { CommandError } from "./command-error.ts";
import { createProgram } from "./create-program.ts";
import { watchInterruption } from "./interruption.ts";
import { describeError } from "./output/describe-error.ts";
import { isBrokenPipe, writeMessage } from "./output/write-output.ts";

const interruption = watchInterruption();
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error) => {
    if (!isBrokenPipe(error)) throw error;
    interruption.stopQuietly();
  });
}

let exitCode = 0;
const program = createProgram(interruption.signal, (code) => {
  exitCode = code;
});
try {
  await program.parseAsync();
} catch (error) {
  exitCode = exitCodeOf(error);
  if (!isSilent(error)) writeMessage(describeError(error));
}
process.exitCode = interruption.exitCode() ?? exitCode;

function exitCodeOf(error: unknown): number {
  // Help and version end with 0; everything else that commander throws is wrong usage.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof CommandError) return error.exitCode;
  return VisionError.isInstance(error) && error.code === "invalid-argument" ? 2 : 1;
}

/** Commander has shown its own errors, and nobody needs to be told of the Ctrl-C that they pressed. */
function isSilent(error: unknown): boolean {
  return error instanceof CommanderError || isBrokenPipe(error) || interruption.signal.aborted;
}
