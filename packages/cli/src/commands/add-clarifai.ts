import { type Command, Option } from "commander";
import { collectTexts, parseInteger } from "../arguments/parse-number.ts";
import type { ClarifaiLoginOptions, ClarifaiOptions, ClarifaiPredictOptions } from "./clarifai.ts";

const examples = `
Examples:
  $ ocellus clarifai login --user-id me < token.txt
  $ ocellus clarifai methods openai/chat-completion/models/gpt-4o
  $ ocellus clarifai predict openai/chat-completion/models/gpt-4o "How many mugs?" --file desk.jpg
  $ ocellus clarifai predict user/app/models/detector --method detect --file desk.jpg -i min_value=0.5 -o json
  $ ocellus clarifai predict --local 8000 "Hi"                    a local runner
  $ ocellus clarifai script user/app/models/detector > client.ts

Environment: CLARIFAI_PAT, CLARIFAI_USER_ID, CLARIFAI_API_BASE, CLARIFAI_CONFIG.`;

/** Adds the commands of Clarifai to the program. */
export function addClarifai(program: Command, signal: AbortSignal, onExitCode: (code: number) => void): void {
  const clarifai = program.command("clarifai").description("call models on Clarifai").addHelpText("after", examples);
  withModel(clarifai.command("predict").description("call a method of a model"), "[model] [text]")
    .option("--method <name>", "the method (default: the one that streams, else predict)")
    .option("-i, --input <key=value>", "an argument; may be repeated", collectTexts)
    .option("--inputs <json>", "all arguments as a JSON object")
    .option("--file <path>", "a picture, video or sound")
    .option("--url <url>", "the address of one")
    .option("--chat <text>", "a message for the model's chat")
    .action(async (model: string | undefined, text: string | undefined, options: ClarifaiPredictOptions) => {
      const { clarifaiPredict } = await import("./clarifai.ts");
      onExitCode(await clarifaiPredict(given(model, text), options, signal));
    });
  for (const name of ["methods", "info"]) {
    withModel(
      clarifai.command(name).description("the methods of a model: parameters, types, defaults"),
      "[model]",
    ).action(async (model: string | undefined, options: ClarifaiOptions) => {
      const { clarifaiMethods } = await import("./clarifai.ts");
      onExitCode(await clarifaiMethods(given(model), options, signal));
    });
  }
  withModel(clarifai.command("script").description("print a TypeScript program that calls a model"), "[model]").action(
    async (model: string | undefined, options: ClarifaiOptions) => {
      const { clarifaiScript } = await import("./clarifai.ts");
      onExitCode(await clarifaiScript(given(model), options, signal));
    },
  );
  clarifai
    .command("login")
    .description("save a token in the configuration that the Clarifai CLI uses too")
    .argument("[base]", "base of the API (default: the public one)")
    .option("--pat <token>", "the token (better: CLARIFAI_PAT or standard input)")
    .option("--user-id <id>", "your user id (default: CLARIFAI_USER_ID)")
    .option("--context <name>", "name of the context (default: the user id)")
    .action(async (base: string | undefined, options: ClarifaiLoginOptions) => {
      const { clarifaiLogin } = await import("./clarifai.ts");
      onExitCode(await clarifaiLogin(base, options));
    });
}

function withModel(command: Command, args: string): Command {
  return command
    .arguments(args)
    .option("--model-url <url>", "the model, in place of the first argument")
    .option("--local <port>", "a local runner in place of a model", parseInteger)
    .option("--deployment <id>", "deployment that answers")
    .option("--deployment-user <id>", "owner of the deployment (an organisation)")
    .option("--context <name>", "context of the configuration")
    .option("--base <url>", "base of the API")
    .addOption(new Option("-o, --output <format>", "form of the result").choices(["text", "json"]).default("text"));
}

function given(...values: (string | undefined)[]): string[] {
  return values.filter((value) => value !== undefined);
}
