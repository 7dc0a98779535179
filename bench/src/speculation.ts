import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { type GenerationConfigInput, type JsonSchema, unwrap, type VisionModel } from "@ocellus/core";
import { loadModel, type Precision, type Speculation } from "@ocellus/engine";
import { benchCheckpoint } from "./bench-checkpoint.ts";
import { medianOf } from "./median.ts";

/** Answers of random weights, from those that repeat themselves most to those that never do. */
const digits = { type: "string", pattern: "^[01]{200}$" };
const sampled = { repetitionPenalty: 1, doSample: true, topK: 0 };
const cases: readonly (readonly [name: string, config: GenerationConfigInput, schema?: JsonSchema])[] = [
  ["0 and 1 where each is the likelier", { repetitionPenalty: 1 }, digits],
  ["0 and 1 by chance", sampled, digits],
  ["any tokens by chance", sampled],
];

/** Milliseconds a token, and the tokens. */
interface Measured {
  readonly ms: number;
  readonly tokenIds: readonly number[];
}

/**
 * `npm run bench -- speculation`: answers that repeat themselves and such that do not, with and without
 * `speculation: "prompt-lookup"`, in turn within each run.
 *
 * Options: `--shape small` or another of random-checkpoint.ts, `--precision int4`, `--tokens 128`, `--runs 3`,
 * `--folder DIR` for checkpoint and cache (kept).
 */
export async function runSpeculation(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: "string", default: "small" },
      precision: { type: "string", default: "int4" },
      tokens: { type: "string", default: "128" },
      runs: { type: "string", default: "3" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
    },
  });
  const checkpoint = await benchCheckpoint(values.shape, values.folder);
  const measure = async (speculation: Speculation): Promise<Measured[]> => {
    const precision = values.precision as Precision;
    await using model = await loadModel(checkpoint, {
      precision,
      speculation,
      cacheFolder: join(values.folder, "cache"),
    });
    return await answerCases(model, Number(values.tokens));
  };
  const runs: [without: Measured[], guessing: Measured[]][] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    runs.push([await measure("none"), await measure("prompt-lookup")]);
  }
  stdout.write(`\n${values.shape}, ${values.precision}, ms a token, medians of ${values.runs}\n\n`);
  stdout.write("| answer | none | prompt-lookup | faster by | same tokens |\n|---|--:|--:|--:|---|\n");
  for (const [index, [name]] of cases.entries()) {
    const [without, guessing] = [0, 1].map((side) => medianOf(runs.map((run) => run[side]![index]!.ms)));
    const same = runs.every(([one, other]) => String(one[index]!.tokenIds) === String(other[index]!.tokenIds));
    const cells = [without!.toFixed(2), guessing!.toFixed(2), `${(without! / guessing!).toFixed(2)}×`];
    stdout.write(`| ${name} | ${cells.join(" | ")} | ${same ? "yes" : "no"} |\n`);
  }
}

async function answerCases(model: VisionModel, tokens: number): Promise<Measured[]> {
  const measured: Measured[] = [];
  for (const [, config, schema] of [cases[0]!, ...cases]) {
    const messages = [{ role: "user" as const, content: "Read this page." }];
    const generationConfig = { maxNewTokens: 1024, minNewTokens: 0, ...config };
    const free = { ...generationConfig, maxNewTokens: tokens, minNewTokens: tokens };
    const { timings, tokenIds } =
      schema === undefined
        ? unwrap(await model({ messages, generationConfig: free }))
        : unwrap(await model({ messages, generationConfig, schema }));
    measured.push({ ms: timings.decodeMs / tokenIds.length, tokenIds });
  }
  // The first one warms up.
  return measured.slice(1);
}
