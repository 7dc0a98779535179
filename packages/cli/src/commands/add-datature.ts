import type { Command } from "commander";
import { parseInteger } from "../arguments/parse-number.ts";
import type { DatatureInspectOptions, DataturePullOptions, DatatureRunsOptions } from "./datature.ts";

const examples = `
Examples:
  $ ocellus datature runs
  $ ocellus datature runs 5f0c…                     its models
  $ ocellus datature pull 5f0c…
  $ ocellus datature pull 5f0c… --checkpoint 91ab…
  $ ocellus ask photo.jpg "Any defect?" --model run:5f0c…

Environment:
  DATATURE_VI_SECRET_KEY        key (on the command line it would be visible to other users)
  DATATURE_VI_ORGANIZATION_ID   organization
  DATATURE_VI_API_ENDPOINT      base of the API
  else secret_key and organization_id of ~/datature/vi/config.json

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** Adds `ocellus datature`: training runs of Datature Vi and the download of their models. */
export function addDatature(program: Command, signal: AbortSignal, onExitCode: (code: number) => void): void {
  const datature = program
    .command("datature")
    .description("training runs of Datature Vi and their models")
    .addHelpText("after", examples);
  datature
    .command("runs")
    .description("list the runs, or the models of one")
    .argument("[run]", "ID of a run")
    .option("--limit <n>", "most lines (default: all)", parseInteger)
    .option("--json", "one JSON object a line on standard output")
    .action(async (runId: string | undefined, options: DatatureRunsOptions) => {
      const { datatureRuns } = await import("./datature.ts");
      onExitCode(await datatureRuns(runId, options, signal));
    });
  withPlace(datature.command("pull").description("download the model of a run, and print its folder"))
    .option("--overwrite", "download also when it is here")
    .option("-q, --quiet", "no progress")
    .action(async (runId: string, options: DataturePullOptions) => {
      const { dataturePull } = await import("./datature.ts");
      onExitCode(await dataturePull(runId, options, signal));
    });
  withPlace(datature.command("inspect").description("what a downloaded model is, and what prevents loading it"))
    .option("--json", "print everything as one JSON object")
    .action(async (runId: string, options: DatatureInspectOptions) => {
      const { datatureInspect } = await import("./datature.ts");
      onExitCode(await datatureInspect(runId, options, signal));
    });
}

function withPlace(command: Command): Command {
  return command
    .argument("<run>", "ID of the run")
    .option("--checkpoint <id>", "one of its models (default: the newest)")
    .option("--save-path <dir>", "folder of the models (default: ~/.datature/vi/models)");
}
