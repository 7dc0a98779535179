import { watchInterruption } from "./interruption.ts";
import { isBrokenPipe } from "./output/write-output.ts";
import { runCommand } from "./run-command.ts";

const interruption = watchInterruption();
for (const output of [process.stdout, process.stderr]) {
  output.on("error", (error) => {
    if (!isBrokenPipe(error)) throw error;
    interruption.stopQuietly();
  });
}
process.exitCode = await runCommand(process.argv.slice(2), interruption);
