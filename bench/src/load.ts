import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath, stderr, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { LoadFigures } from "./load-run.ts";
import { medianOf } from "./median.ts";
import { shapes, writeRandomCheckpoint } from "./random-checkpoint.ts";

/**
 * What loading takes: converting a bfloat16 checkpoint of a real shape, and then loading what was converted, each in a
 * process of its own so that peak memory means something. Later loads are split into reading the files of the cache once
 * (cached by the system or not, as they happen to be), opening the graphs, and the repacking of weights by ONNX Runtime.
 *
 * Options: `--shape qwen2.5-vl-3b`, `--precision int4`, `--runs 3` later loads, `--folder DIR` for checkpoint and cache
 * (kept; 7 GB of weights and 2.6 GB of cache at 3B).
 */
export async function runLoad(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: "string", default: "small" },
      precision: { type: "string", default: "int4" },
      runs: { type: "string", default: "3" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
    },
  });
  const shape = Object.hasOwn(shapes, values.shape) ? shapes[values.shape as keyof typeof shapes] : undefined;
  if (shape === undefined) throw new RangeError(`--shape must be one of ${Object.keys(shapes).join(", ")}`);
  const checkpoint = join(values.folder, `checkpoint-${values.shape}`);
  if (!existsSync(checkpoint)) {
    stderr.write(`writing a random checkpoint of shape ${values.shape} to ${checkpoint}\n`);
    await mkdir(values.folder, { recursive: true });
    await writeRandomCheckpoint(`${checkpoint}.part`, shape, { dtype: "BF16" });
    await rename(`${checkpoint}.part`, checkpoint);
  }
  const cache = join(values.folder, `cache-load-${values.shape}`);
  await rm(cache, { recursive: true, force: true });

  const measure = (stage: "load" | "split"): LoadFigures => runChild({ stage, checkpoint, cache, ...values });
  const first = measure("load");
  const later = Array.from({ length: Number(values.runs) }, () => measure("load"));
  const split = measure("split");
  const of = (figure: keyof LoadFigures): number => medianOf(later.map((figures) => figures[figure]));
  const rows: readonly (readonly [string, string])[] = [
    ["first load", seconds(first.totalMs)],
    ["– of it hashing the checkpoint", seconds(first.readingMs)],
    ["– of it converting", seconds(first.convertingMs)],
    ["peak memory of the first load", gigabytes(first.peakBytes)],
    ["cache", gigabytes(first.cacheBytes)],
    ["peak memory ÷ cache", (first.peakBytes / first.cacheBytes).toFixed(2)],
    [`later load, median of ${later.length}`, `${seconds(of("totalMs"))} (${seconds(of("cpuMs"))} of processor time)`],
    ["– until the graphs are opened", seconds(of("readingMs"))],
    ["– opening the graphs", seconds(of("openingMs"))],
    ["by themselves: reading the files", seconds(split.fileMs)],
    ["by themselves: opening the graphs without repacking", seconds(split.setUpMs)],
    ["by themselves: opening the graphs", seconds(split.openingMs)],
    ["peak memory of a later load", gigabytes(of("peakBytes"))],
    ["memory after closing", gigabytes(of("closedBytes"))],
  ];
  stdout.write(`\n${values.shape}, ${values.precision}\n\n| what | figure |\n|---|---|\n`);
  for (const [what, figure] of rows) stdout.write(`| ${what} | ${figure} |\n`);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;

function runChild(options: object): LoadFigures {
  const script = fileURLToPath(new URL("./load-run.js", import.meta.url));
  const child = spawnSync(execPath, [script, JSON.stringify(options)], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (child.status !== 0) throw new Error(`the measuring process ended with ${child.status ?? child.signal}`);
  return JSON.parse(child.stdout) as LoadFigures;
}
