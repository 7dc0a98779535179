import {
  type CommandOutput,
  type ModelClient,
  openModel,
  type PredictCommand,
  runMethods,
  runPredict,
  runScript,
  saveLogin,
} from "ocellus/clarifai";
import { CommandError } from "../command-error.ts";
import { readStandardInput } from "../output/read-standard-input.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";

/** Which model, and who calls: options of every `ocellus clarifai` command. */
export interface ClarifaiOptions {
  readonly modelUrl?: string;
  readonly deployment?: string;
  readonly deploymentUser?: string;
  readonly context?: string;
  readonly base?: string;
  /** Port of a local runner, in place of a model of the service. */
  readonly local?: number;
  readonly output?: "text" | "json";
}

/** Options of `ocellus clarifai predict`. */
export type ClarifaiPredictOptions = ClarifaiOptions & Omit<PredictCommand, "text">;

/** Options of `ocellus clarifai login`. */
export interface ClarifaiLoginOptions {
  readonly pat?: string;
  readonly userId?: string;
  readonly context?: string;
}

/**
 * `ocellus clarifai predict`: calls a method of a model. With `--local` or `--model-url` the only argument is the text;
 * without any, text is read from standard input when it is no terminal.
 */
export async function clarifaiPredict(
  values: readonly string[],
  options: ClarifaiPredictOptions,
  signal: AbortSignal,
): Promise<number> {
  const [address, given] = splitValues(values, options);
  await using model = open(address, options);
  const hasArguments = [options.input, options.inputs, options.file, options.url, options.chat].some(
    (value) => value !== undefined,
  );
  const text = given ?? (hasArguments ? undefined : await readStandardInput());
  await runPredict(model, { ...options, text }, outputTo(signal));
  return 0;
}

/** `ocellus clarifai info` and `methods`: what a model can be asked. */
export async function clarifaiMethods(
  values: readonly string[],
  options: ClarifaiOptions,
  signal: AbortSignal,
): Promise<number> {
  await using model = open(splitValues(values, options)[0], options);
  await runMethods(model, options.output ?? "text", outputTo(signal));
  return 0;
}

/** `ocellus clarifai script`: a TypeScript program for a model. */
export async function clarifaiScript(
  values: readonly string[],
  options: ClarifaiOptions,
  signal: AbortSignal,
): Promise<number> {
  const [address] = splitValues(values, options);
  await using model = open(address, options);
  const settings = {
    url: address ?? "",
    baseUrl: options.base,
    deploymentId: options.deployment,
    deploymentUserId: options.deploymentUser,
  };
  await runScript(model, settings, outputTo(signal));
  return 0;
}

/** `ocellus clarifai login`: saves a token as the current context. It is never taken from the arguments' echo. */
export async function clarifaiLogin(base: string | undefined, options: ClarifaiLoginOptions): Promise<number> {
  const pat = options.pat ?? process.env.CLARIFAI_PAT ?? (await readStandardInput());
  const userId = options.userId ?? process.env.CLARIFAI_USER_ID;
  if (pat === undefined || userId === undefined) {
    throw new CommandError("Give --user-id, and the token by --pat, CLARIFAI_PAT or standard input.", 2);
  }
  const { context, path } = saveLogin({ pat: pat.trim(), userId, baseUrl: base, context: options.context });
  writeMessage(`Saved context "${context}" in ${path}.\n`);
  return 0;
}

function splitValues(
  values: readonly string[],
  { modelUrl, local }: ClarifaiOptions,
): [address: string | undefined, text: string | undefined] {
  if (modelUrl !== undefined || local !== undefined) return [modelUrl, values[0]];
  return [values[0], values[1]];
}

function open(address: string | undefined, options: ClarifaiOptions): ModelClient {
  if (address === undefined && options.local === undefined)
    throw new CommandError("Name a model: user/app/models/id or its URL.", 2);
  const { deployment, deploymentUser, context, base, local } = options;
  return openModel({
    address,
    local,
    deploymentId: deployment,
    deploymentUserId: deploymentUser,
    context,
    baseUrl: base,
  });
}

function outputTo(signal: AbortSignal): CommandOutput {
  return { signal, write: writeOutput };
}
