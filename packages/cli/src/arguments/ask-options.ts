import type { BlockSize, GenerationConfigInput, LoadModelOptions, Precision, Speculation, TaskOption } from "ocellus";
import { CommandError } from "../command-error.ts";

/** Forms of the output. */
export const outputFormats = ["text", "json", "csv", "coco"] as const;

/** One of {@link outputFormats}. */
export type OutputFormat = (typeof outputFormats)[number];

/** The options of `ocellus ask` as commander hands them over. */
export interface AskOptions {
  readonly prompt?: string;
  readonly model?: string;
  readonly task: TaskOption;
  readonly system?: string;
  readonly cot?: true;
  readonly recursive?: true;
  readonly maxNewTokens?: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly topK?: number;
  readonly seed?: number;
  readonly repetitionPenalty?: number;
  readonly stop?: readonly string[];
  readonly revision?: string;
  readonly adapter?: string;
  readonly precision: Precision | "auto";
  readonly blockSize?: BlockSize;
  readonly speculation?: Speculation;
  readonly threads?: number;
  readonly minPixels?: number;
  readonly maxPixels?: number;
  readonly cache?: string;
  readonly format?: OutputFormat;
  readonly json?: true;
  readonly output?: string;
  readonly resume?: string;
  readonly stream?: boolean;
  readonly draw?: string;
  readonly progress?: boolean;
  readonly quiet?: true;
  readonly allowPrivateAddresses?: true;
}

/**
 * The form that was asked for; `--json` is short for `--format json`.
 *
 * @throws CommandError when both are given and disagree
 */
export function formatOf({ format, json }: Pick<AskOptions, "format" | "json">): OutputFormat {
  if (json === true && format !== undefined && format !== "json") {
    throw new CommandError(`--json and --format ${format} contradict each other; leave one out.`, 2);
  }
  return json === true ? "json" : (format ?? "text");
}

/** The part that decides how the model is loaded. */
export function loadOptionsOf(options: AskOptions): LoadModelOptions {
  const { precision, blockSize, speculation, threads, minPixels, maxPixels } = options;
  const { revision, adapter, cache, allowPrivateAddresses } = options;
  return {
    precision,
    ...(blockSize === undefined ? {} : { blockSize }),
    ...(speculation === undefined ? {} : { speculation }),
    ...(revision === undefined ? {} : { revision }),
    ...(adapter === undefined ? {} : { adapter }),
    ...(threads === undefined ? {} : { threads }),
    ...(minPixels === undefined ? {} : { minPixels }),
    ...(maxPixels === undefined ? {} : { maxPixels }),
    ...(cache === undefined ? {} : { cacheFolder: cache }),
    ...(allowPrivateAddresses === undefined ? {} : { allowPrivateAddresses }),
  };
}

/** The generation settings that were given. Asking for a sampling setting asks for sampling. */
export function generationConfigOf(options: AskOptions): GenerationConfigInput {
  const { maxNewTokens, temperature, topP, minP, topK, seed, repetitionPenalty, stop } = options;
  const wantsSampling = [temperature, topP, minP, topK, seed].some((value) => value !== undefined);
  return {
    ...(wantsSampling ? { doSample: true } : {}),
    ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(minP === undefined ? {} : { minP }),
    ...(topK === undefined ? {} : { topK }),
    ...(seed === undefined ? {} : { seed }),
    ...(repetitionPenalty === undefined ? {} : { repetitionPenalty }),
    ...(stop === undefined ? {} : { stopStrings: stop }),
  };
}
