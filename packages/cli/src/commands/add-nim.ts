import type { Command } from "commander";
import { parseInteger, parseNumber } from "../arguments/parse-number.ts";
import type { NimDeployCommandOptions, NimStatusCommandOptions } from "./nim.ts";

const examples = `
Examples:
  $ ocellus nim deploy
  $ ocellus nim deploy cosmos-reason1-7b --port 8001 --max-model-len 16384
  $ ocellus nim deploy --run 5f0c…                  weights of a run of Datature Vi
  $ ocellus nim status ocellus-nim-cosmos-reason1-7b
  $ ocellus nim stop ocellus-nim-cosmos-reason1-7b

Environment:
  NVIDIA_API_KEY, else NGC_API_KEY   key of NVIDIA's registry; there is no option for it

Exit codes: 0 done, 1 failed (status: not ready), 2 wrong usage.`;

/** Adds `ocellus nim`: NVIDIA NIM containers on this machine. */
export function addNim(program: Command, signal: AbortSignal, onExitCode: (code: number) => void): void {
  const nim = program
    .command("nim")
    .description("NVIDIA NIM containers on this machine (needs docker)")
    .addHelpText("after", examples);
  nim
    .command("deploy")
    .description("bring up a container, wait until its model is ready, print where it is")
    .argument("[image]", "image below nvcr.io/nim/nvidia, or a full name (default: cosmos-reason1-7b)")
    .option("--tag <tag>", "version of the image (default: latest)")
    .option("--name <name>", "name of the container")
    .option("--port <n>", "port on this machine (default: 8000)", parseInteger)
    .option("--shm-size <size>", "shared memory (default: 32GB)")
    .option("--max-model-len <n>", "longest prompt and answer in tokens (default: 8192)", parseInteger)
    .option("--cache-dir <dir>", "folder for what the container downloads (default: ~/.cache/nim)")
    .option("--served-model-name <name>", "name under which the model is served")
    .option("--model-dir <dir>", "folder with weights of your own")
    .option("--run <id>", "run of Datature Vi whose weights are served; <id>@<checkpoint> for one of its models")
    .option("--replace", "remove a container of that name first")
    .option("--new", "fail when there is a container of that name")
    .option("--force-pull", "fetch the image even when it is here")
    .option("--timeout <seconds>", "longest wait for the model to be ready", parseNumber)
    .option("-q, --quiet", "do not show what docker and the container write")
    .option("--json", "print the result as one JSON object")
    .action(async (image: string | undefined, options: NimDeployCommandOptions) => {
      const { nimDeploy } = await import("./nim.ts");
      onExitCode(await nimDeploy(image, options, signal));
    });
  nim
    .command("status")
    .description("whether a container runs and its model answers")
    .argument("[name]", "name of the container (default: ocellus-nim-cosmos-reason1-7b)")
    .option("--json", "print the result as one JSON object")
    .action(async (name: string | undefined, options: NimStatusCommandOptions) => {
      const { nimStatusCommand } = await import("./nim.ts");
      onExitCode(await nimStatusCommand(name, options, signal));
    });
  nim
    .command("stop")
    .description("stop and remove a container")
    .argument("[name]", "name of the container (default: ocellus-nim-cosmos-reason1-7b)")
    .action(async (name: string | undefined) => {
      const { nimStop } = await import("./nim.ts");
      onExitCode(await nimStop(name, signal));
    });
}
