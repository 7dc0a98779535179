import { stdout } from "node:process";
import { parseArgs } from "node:util";
import type { PrecisionParts } from "@ocellus/engine";
import { type AccuracyCheckpoint, embeddedCheckpoint, goldenCheckpoint } from "./accuracy-cases.ts";
import { measureAccuracy } from "./measure-accuracy.ts";

const goldens = [
  "qwen2_5_vl",
  "qwen2_5_vl-tied-window112",
  "qwen2_5_vl-bf16-sharded",
  "qwen3_vl_moe",
  "qwen3_5",
  "qwen3_5_moe",
];

const blocks = [32, 64, 128] as const;
const formats: readonly Partial<PrecisionParts>[] = [
  { decode: "float32" },
  ...blocks.map((blockSize) => ({ decode: "int8", blockSize }) as const),
  ...blocks.map((blockSize) => ({ decode: "int4", blockSize, prefill: "int8" }) as const),
  { decode: "int4", blockSize: 128, prefill: "int8", activations: "tensor" },
  ...blocks.map((blockSize) => ({ decode: "int4", blockSize }) as const),
];

/**
 * Prints how near every precision comes to the float32 numbers of transformers, on the golden checkpoints (random
 * weights) and on the embedded model (trained ones).
 *
 * The error of the scores is against the recorded ones; for the embedded model, of which only tokens are recorded,
 * against our own float32. Options: `--checkpoint NAME` measures one of them only.
 */
export async function runAccuracy(args: string[]): Promise<void> {
  const { values } = parseArgs({ args, options: { checkpoint: { type: "string" } } });
  const all: readonly AccuracyCheckpoint[] = [...goldens.map(goldenCheckpoint), embeddedCheckpoint()];
  const chosen = values.checkpoint === undefined ? all : all.filter(({ name }) => name === values.checkpoint);
  if (chosen.length === 0)
    throw new RangeError(`--checkpoint must be one of ${all.map(({ name }) => name).join(", ")}`);
  stdout.write("| checkpoint | decode | block | prefill | relative error of the scores | same token | same answer |\n");
  stdout.write("|---|---|---|---|---|---|---|\n");
  for (const checkpoint of chosen) {
    let reference: readonly Float32Array[] | undefined;
    for (const format of formats) {
      const measured = await measureAccuracy(checkpoint, format, reference);
      reference ??= measured.logits;
      const { logitsError, agreement, exact } = measured;
      const figures = [logitsError.toExponential(1), percent(agreement), percent(exact)];
      stdout.write(
        `| ${[checkpoint.name, format.decode, format.blockSize ?? "–", copyName(format), ...figures].join(" | ")} |\n`,
      );
    }
  }
}

function copyName({ prefill = "same", activations }: Partial<PrecisionParts>): string {
  return activations === "tensor" ? `${prefill}, a scale per tensor` : prefill;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}
