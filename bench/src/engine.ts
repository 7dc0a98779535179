import { spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { benchCheckpoint } from "./bench-checkpoint.ts";
import type { EngineFigures } from "./engine-run.ts";

/**
 * Loading, vision, prefill and decoding of a random-weight checkpoint of a real shape, each in a process of its own so
 * that peak memory means something. Prints a table and the medians of the runs.
 *
 * Options: `--shape 3b` (see bench-checkpoint.ts), `--precision int4`, `--block-size 128`, `--image 448`,
 * `--tokens 48`, `--runs 3`, `--threads N`, `--folder DIR` for checkpoint and cache (kept), `--fresh` converts anew.
 */
export async function runEngine(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: "string", default: "small" },
      precision: { type: "string", default: "int4" },
      "block-size": { type: "string", default: "128" },
      image: { type: "string", default: "448" },
      tokens: { type: "string", default: "48" },
      runs: { type: "string", default: "3" },
      threads: { type: "string" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
      fresh: { type: "boolean", default: false },
    },
  });
  const checkpoint = await benchCheckpoint(values.shape, values.folder);
  const cache = join(values.folder, "cache");
  if (values.fresh) await rm(cache, { recursive: true, force: true });

  const run = (stage: "load" | "answer"): EngineFigures =>
    runChild({ ...values, stage, checkpoint, cache, blockSize: values["block-size"] });
  const first = run("load");
  const second = run("answer");
  const rows: readonly (readonly [string, string])[] = [
    ["first load (converts unless cached)", `${(first.loadMs / 1000).toFixed(1)} s`],
    ["second load", `${(second.loadMs / 1000).toFixed(2)} s`],
    ["weights in memory", `${(second.weightBytes / 1e9).toFixed(2)} GB`],
    ["peak memory, first load", `${(first.peakBytes / 1e9).toFixed(2)} GB`],
    ["peak memory, answering", `${(second.peakBytes / 1e9).toFixed(2)} GB`],
    [`vision, ${values.image}×${values.image} px (${second.imageTokens} tokens)`, `${second.visionMs.toFixed(0)} ms`],
    [
      `prefill of ${second.inputTokens} tokens`,
      `${((second.inputTokens / second.prefillMs) * 1000).toFixed(0)} tokens/s`,
    ],
    ["first token", `${second.firstTokenMs.toFixed(0)} ms`],
    ["decode", `${second.decodeMsPerToken.toFixed(1)} ms/token`],
    [
      "event-loop delay of the main thread, p99 / max (max when idle)",
      `${second.delayP99Ms.toFixed(1)} / ${second.delayMaxMs.toFixed(1)} (${second.idleMaxMs.toFixed(1)}) ms`,
    ],
  ];
  stdout.write(
    `\n${values.shape}, ${values.precision}, block ${values["block-size"]}, medians of ${values.runs} runs\n\n`,
  );
  stdout.write("| what | figure |\n|---|---|\n");
  for (const [what, figure] of rows) stdout.write(`| ${what} | ${figure} |\n`);
}

function runChild(options: object): EngineFigures {
  const script = fileURLToPath(new URL("./engine-run.js", import.meta.url));
  const child = spawnSync(execPath, [script, JSON.stringify(options)], {
    encoding: "utf8",
    maxBuffer: 1 << 24,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`the measuring process ended with ${child.status ?? child.signal}`);
  return JSON.parse(child.stdout) as EngineFigures;
}
