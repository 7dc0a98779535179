import type { Command } from "commander";
import type { InspectOptions } from "./inspect.ts";
import type { CacheOptions, PullOptions, RevisionOptions, VerifyOptions } from "./models.ts";

const examples = `
Examples:
  $ ocellus models pull Qwen/Qwen2.5-VL-3B-Instruct
  $ ocellus models list
  $ ocellus models inspect Qwen/Qwen2.5-VL-3B-Instruct
  $ ocellus models verify Qwen/Qwen2.5-VL-3B-Instruct --repair
  $ ocellus models remove Qwen/Qwen2.5-VL-3B-Instruct

Models lie in the cache that Python's huggingface_hub uses. A download that was stopped or killed goes on where it was.

Environment:
  HF_TOKEN         token for private and gated models (else the one of "hf auth login")
  HF_HUB_CACHE     cache folder (default: hub in HF_HOME, else ~/.cache/huggingface/hub)
  HF_ENDPOINT      address of the Hub
  HF_HUB_OFFLINE   1: never use the network

Exit codes: 0 done, 1 failed (verify: something is damaged; inspect: the model cannot be loaded), 2 wrong usage.`;

const inspectExamples = `
Examples:
  $ ocellus models inspect ~/models/Qwen2.5-VL-3B-Instruct
  $ ocellus models inspect ./checkpoint --json

Exit codes: 0 the model can be loaded, 1 it cannot, 2 wrong usage.`;

/** Adds `ocellus models`: checkpoints of the Hub on this machine. */
export function addModels(program: Command, signal: AbortSignal, onExitCode: (code: number) => void): void {
  const models = program
    .command("models")
    .description("download, list, check and remove models")
    .addHelpText("after", examples);
  withRevision(withCache(models.command("pull").argument("<id>", "model of the Hub: org/name")))
    .description("download a model, as far as it is not here, and print its folder")
    .option("--progress", "show progress on standard error also when it is no terminal")
    .option("--no-progress", "never show progress")
    .option("-q, --quiet", "no progress, no warnings; errors only")
    .action(async (id: string, options: PullOptions) => {
      const { pull } = await import("./models.ts");
      onExitCode(await pull(id, options, signal));
    });
  withCache(models.command("list"))
    .description("the models that are here: size, revisions, what is missing")
    .action(async (options: CacheOptions) => {
      const { list } = await import("./models.ts");
      onExitCode(await list(options));
    });
  withRevision(withCache(models.command("remove").argument("<id>", "model: org/name")))
    .description("delete a model, or one revision of it without what others use")
    .action(async (id: string, options: RevisionOptions) => {
      const { remove } = await import("./models.ts");
      onExitCode(await remove(id, options));
    });
  withRevision(withCache(models.command("verify").argument("<id>", "model: org/name")))
    .description("read every file and compare its hash; name what is damaged")
    .option("--repair", "download what is damaged or missing again")
    .action(async (id: string, options: VerifyOptions) => {
      const { verify } = await import("./models.ts");
      onExitCode(await verify(id, options, signal));
    });
  withRevision(withCache(models.command("inspect").argument("<model>", "checkpoint folder, or a model that is here")))
    .description("architecture, size, memory needed, and what prevents loading; reads no weights")
    .option("--adapter <dir>", "folder of a LoRA adapter for the checkpoint")
    .addHelpText("after", inspectExamples)
    .action(async (name: string, options: InspectOptions) => {
      const { inspect } = await import("./inspect.ts");
      onExitCode(await inspect(name, options, signal));
    });
}

function withCache(command: Command): Command {
  return command
    .option("--cache-dir <dir>", "cache folder of the Hub (default: HF_HUB_CACHE)")
    .option("--json", "JSON on standard output");
}

function withRevision(command: Command): Command {
  return command.option("--revision <name>", "branch, tag or commit");
}
