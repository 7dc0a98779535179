import { readFileSync } from "node:fs";
import { taskNames } from "@ocellus/core";
import { Command, Option } from "commander";
import { type AskOptions, outputFormats } from "./arguments/ask-options.ts";
import { collectTexts, parseInteger, parseNumber } from "./arguments/parse-number.ts";
import { addClarifai } from "./commands/add-clarifai.ts";
import { addDatature } from "./commands/add-datature.ts";
import { addModels } from "./commands/add-models.ts";
import { addNim } from "./commands/add-nim.ts";
import type { DemoOptions } from "./commands/demo.ts";
import { addRoboflow } from "./commands/roboflow.ts";

const description = `Ask vision-language models about pictures, on this machine, without Python.

Models are named by their id at the Hugging Face Hub, or are folders in its layout (config.json, model.safetensors,
tokenizer.json, …). A tiny demonstration model is built in.`;

const programExamples = `
Examples:
  $ ocellus demo
  $ ocellus ask photo.jpg "How many mugs are on the table?" --model Qwen/Qwen2.5-VL-3B-Instruct
  $ ocellus ask photos/ --prompt "Is there any damage?" --model ~/models/my-model --json > answers.jsonl
  $ ocellus models inspect ~/models/my-model

Environment:
  OCELLUS_CACHE   folder for converted weights
  HF_HUB_CACHE, HF_TOKEN, HF_ENDPOINT, HF_HUB_OFFLINE   see: ocellus models --help
  NO_COLOR        no colours

Exit codes: 0 all answered, 1 some failed, 2 wrong usage, 130 interrupted.`;

const askExamples = `
Examples:
  $ ocellus ask photo.jpg "How many mugs?"                      the answer, as it is generated
  $ ocellus ask a.jpg b.png "Any defect?"                       one line per picture
  $ ocellus ask photos/ -r -p "Any defect?" --json              one JSON object per line
  $ ocellus ask photo.jpg --task phrase-grounding --draw out    boxes, also drawn into out/photo.png
  $ ocellus ask https://example.com/photo.jpg "Describe it."

  $ ocellus ask photos/ -p "Any defect?" --format csv -o defects.csv
  $ ocellus ask photos/ --task phrase-grounding --format coco -o boxes.json --resume boxes.ledger.jsonl

A run with --resume that was stopped or killed goes on where it was when the same command is given again; failures are
tried again. What counts is the picture (path, size, time of change), the prompt, the model and the settings.

The last argument is the prompt unless --prompt is given or it looks like a file. Lines of --json are
{ "index", "source", "result", "error" } in the order in which the answers are finished.`;

/**
 * The command line. Commands are loaded when they run, so that `--help` and `--version` are quick.
 *
 * @param onExitCode told the exit code of the command that ran; errors are thrown by `parseAsync`
 */
export function createProgram(signal: AbortSignal, onExitCode: (code: number) => void): Command {
  const program = new Command("ocellus")
    .description(description)
    .version(packageVersion(), "-v, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", programExamples)
    .showHelpAfterError("(add --help for usage)")
    .exitOverride();
  addAsk(program, async (values, options) => {
    const { ask } = await import("./commands/ask.ts");
    onExitCode(await ask(values, options, signal));
  });
  program
    .command("demo")
    .description("show the built-in model at work on sample pictures")
    .option("--model <dir>", "checkpoint folder that answers instead of the built-in model")
    .option("--out <dir>", "folder for the annotated pictures", "out")
    .option("--cache <dir>", "folder for converted weights")
    .action(async (options: DemoOptions) => {
      const { demo } = await import("./commands/demo.ts");
      onExitCode(await demo(options, signal));
    });
  addModels(program, signal, onExitCode);
  addClarifai(program, signal, onExitCode);
  addRoboflow(program, signal, onExitCode);
  addDatature(program, signal, onExitCode);
  addNim(program, signal, onExitCode);
  return program;
}

function addAsk(program: Command, action: (values: readonly string[], options: AskOptions) => Promise<void>): void {
  program
    .command("ask")
    .description("ask one question about one or many pictures")
    .argument("<source...>", "pictures: files, folders, URLs, data URIs; then the prompt")
    .optionsGroup("Question:")
    .option("-p, --prompt <text>", "the prompt; then every argument is a source")
    .addOption(new Option("--task <task>", "form of the answer").choices(["auto", ...taskNames]).default("auto"))
    .option("--system <text>", "system prompt instead of the task's; empty for none")
    .option("--cot", "think first, then answer")
    .option("-r, --recursive", "descend into the folders of a folder")
    .optionsGroup("Model:")
    .option(
      "-m, --model <name>",
      "checkpoint folder, Hub id, or run:<id> of Datature Vi (default: the built-in demonstration model)",
    )
    .option("--revision <name>", "branch, tag or commit of a model of the Hub")
    .option("--adapter <name>", "folder or Hub id of a LoRA adapter for the checkpoint")
    .addOption(
      new Option("--precision <name>", "how weights are stored")
        .choices(["auto", "float32", "int8", "int4"])
        .default("auto"),
    )
    .option("--block-size <n>", "elements that share one scale in integer weights: 32, 64, 128", parseInteger)
    .addOption(
      new Option(
        "--speculation <name>",
        "guess at tokens where an answer repeats the prompt or itself; same answers",
      ).choices(["none", "prompt-lookup"]),
    )
    .option("--threads <n>", "threads of one operation (default: all processors)", parseInteger)
    .option("--min-pixels <n>", "smallest area of a resized picture", parseInteger)
    .option("--max-pixels <n>", "largest area of a resized picture; fewer are faster", parseInteger)
    .option("--cache <dir>", "folder for converted weights (default: OCELLUS_CACHE, else the user's cache folder)")
    .option("--allow-private-addresses", "open URLs at private and loopback addresses too")
    .optionsGroup("Generation:")
    .option("--max-new-tokens <n>", "cap on the answer", parseInteger)
    .option("--temperature <n>", "sample at this temperature, 0 to 2; 0 is greedy", parseNumber)
    .option("--top-p <n>", "sample from the most probable tokens up to this mass", parseNumber)
    .option("--min-p <n>", "drop tokens below this share of the best one's probability; 0 is off", parseNumber)
    .option("--top-k <n>", "sample from this many tokens; 0 is all", parseInteger)
    .option("--seed <n>", "seed of the sampling; -1 draws one", parseInteger)
    .option("--repetition-penalty <n>", "above 0, up to 2; 1 is none", parseNumber)
    .option("--stop <text>", "end the answer at this text; may be repeated", collectTexts)
    .optionsGroup("Output:")
    .addOption(new Option("--format <name>", "form of the output (default: text)").choices(outputFormats))
    .option("--json", "one JSON object a line on standard output, nothing else; the same as --format json")
    .option("-o, --output <file>", "write the output into this file, in the order of the sources, when all is done")
    .option("--resume <ledger>", "keep every answer in this file (JSON Lines) and take those it already has from it")
    .option("--stream", "show the answer as it is generated (default for one picture and plain text)")
    .option("--no-stream", "show the answer when it is complete")
    .option("--draw <dir>", "write annotated pictures as PNG into this folder")
    .option("--progress", "show progress on standard error also when it is no terminal")
    .option("--no-progress", "never show progress")
    .option("-q, --quiet", "no notes, no progress, no warnings; errors only")
    .optionsGroup("Help:")
    .helpOption("-h, --help", "show help")
    .addHelpText("after", askExamples)
    .action(action);
}

function packageVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
