import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stdout } from "node:process";
import { parseArgs } from "node:util";
import { type TaskName, unwrap } from "@ocellus/core";
import { loadModel, type Precision } from "@ocellus/engine";
import { encodeImage } from "@ocellus/media";
import { benchCheckpoint } from "./bench-checkpoint.ts";
import { medianOf } from "./median.ts";

/**
 * `npm run bench -- batch`: a folder of pictures answered one by one and in batches, in turn within each run.
 *
 * Options: `--shape tiny` (the golden checkpoint) or a shape of random-checkpoint.ts, `--precision float32`,
 * `--pictures 32`, `--image 112` (side in pixels), `--tokens 32`, `--batch 1,4,8,16`, `--task generic,vqa,…`,
 * `--runs 3`, `--folder DIR` for checkpoint and cache (kept).
 */
export async function runBatch(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      shape: { type: "string", default: "tiny" },
      precision: { type: "string", default: "float32" },
      pictures: { type: "string", default: "32" },
      image: { type: "string", default: "112" },
      tokens: { type: "string", default: "32" },
      batch: { type: "string", default: "1,4,8,16" },
      task: { type: "string", default: "generic,vqa,phrase-grounding" },
      runs: { type: "string", default: "3" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
    },
  });
  const sizes = values.batch.split(",").map(Number);
  const checkpoint = await benchCheckpoint(values.shape, values.folder);
  const precision = values.precision as Precision;
  const cacheFolder = join(values.folder, "cache");
  const scratch = await mkdtemp(join(tmpdir(), "ocellus-bench-batch-"));
  stdout.write(`\n${values.shape}, ${precision}, ${values.pictures} pictures, ${values.tokens} tokens each\n\n`);
  stdout.write(`| task | ${sizes.map((size) => `batch ${size}`).join(" | ")} |\n|${"---|".repeat(sizes.length + 1)}\n`);
  try {
    await using model = await loadModel(checkpoint, { precision, cacheFolder, maxBatchSize: Math.max(...sizes) });
    let seed = 0;
    /** Seconds of one run over pictures that no run before has seen. */
    const answerFolder = async (task: TaskName, batchSize: number): Promise<number> => {
      const source = join(scratch, String(seed++));
      await writePictures(source, Number(values.pictures), Number(values.image), seed);
      const tokens = Number(values.tokens);
      const generationConfig = { maxNewTokens: tokens, minNewTokens: task === "generic" ? tokens : 0 };
      const begin = performance.now();
      const outcomes = await model({
        source: [source],
        task,
        userPrompt: "What is this?",
        generationConfig,
        batchSize,
      });
      for (const outcome of outcomes) unwrap(outcome);
      return (performance.now() - begin) / 1000;
    };
    for (const task of values.task.split(",") as TaskName[]) {
      const seconds = sizes.map((): number[] => []);
      for (let run = 0; run <= Number(values.runs); run++) {
        for (const [index, size] of sizes.entries()) {
          const taken = await answerFolder(task, size);
          if (run > 0) seconds[index]!.push(taken);
        }
      }
      const rates = seconds.map((times) => Number(values.pictures) / medianOf(times));
      const cells = rates.map((rate) => `${rate.toFixed(rate < 10 ? 2 : 1)}/s (${(rate / rates[0]!).toFixed(2)}×)`);
      stdout.write(`| ${task} | ${cells.join(" | ")} |\n`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** PNG files of coloured noise in blocks of eight pixels. */
async function writePictures(folder: string, count: number, side: number, seed: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
  for (let index = 0; index < count; index++) {
    const blocks = Uint8Array.from({ length: 3 * Math.ceil(side / 8) ** 2 }, random);
    const data = new Uint8Array(side * side * 3);
    for (let at = 0; at < data.length; at++) {
      const [pixel, channel] = [Math.floor(at / 3), at % 3];
      const block = Math.floor(Math.floor(pixel / side) / 8) * Math.ceil(side / 8) + Math.floor((pixel % side) / 8);
      data[at] = blocks[3 * block + channel]!;
    }
    const png = await encodeImage({ width: side, height: side, data }, { format: "png" });
    await writeFile(join(folder, `${String(index).padStart(4, "0")}.png`), png);
  }
}
