import { execFile } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { InsufficientMemoryError, unwrap } from "@ocellus/core";
import { loadModel } from "@ocellus/engine";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CheckpointShape, shapes, writeRandomCheckpoint } from "./random-checkpoint.ts";

const picture = fileURLToPath(new URL("../../fixtures/images/photo.png", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-memory-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test("a random checkpoint is an ordinary one: every dtype, one file or shards, loads and answers the same", async () => {
  const { small } = shapes;
  const shape: CheckpointShape = {
    ...small,
    text: { ...small.text, layers: 1, vocabSize: 1024, intermediateSize: 512 },
    vision: { ...small.vision, depth: 2 },
  };
  const answers: string[] = [];
  for (const [dtype, shardBytes] of [
    ["F32", 1e12],
    ["F32", 4e6],
    ["BF16", 4e6],
    ["F16", 1e12],
  ] as const) {
    const checkpoint = join(folder, `${dtype}-${shardBytes}`);
    await writeRandomCheckpoint(checkpoint, shape, { dtype, shardBytes, seed: 3 });
    await using model = await loadModel(checkpoint, { precision: "float32", cacheFolder: join(folder, "cache") });
    const generationConfig = { maxNewTokens: 6, minNewTokens: 6 };
    answers.push(unwrap(await model({ source: picture, userPrompt: "What?", generationConfig })).tokenIds.join());
  }
  expect(answers[1]).toBe(answers[0]);
  expect(answers[0]!.split(",").length).toBe(6);
});

test("a model larger than the machine is refused with the numbers before its weights are read", async () => {
  const checkpoint = join(folder, "huge");
  const large = shapes["qwen2.5-vl-7b"];
  // A layer of the 7B has 233 million weights.
  const layers = Math.ceil((2 * totalmem()) / (233e6 * 4));
  const shape = { ...large, text: { ...large.text, layers } };
  await writeRandomCheckpoint(checkpoint, shape, { dtype: "BF16", shardBytes: 4e9, sparse: true });
  const cacheFolder = join(folder, "unused-cache");
  const error = await loadModel(checkpoint, { precision: "float32", cacheFolder }).catch((thrown: unknown) => thrown);
  if (!InsufficientMemoryError.isInstance(error)) throw error;
  const { requiredBytes, availableBytes } = error as InsufficientMemoryError;
  expect(requiredBytes).toBeGreaterThan(layers * 233e6 * 4);
  expect(availableBytes).toBeLessThanOrEqual(totalmem());
  expect(error.message).toMatch(/needs \d+\.\d+ GiB at precision "float32".*only \d+\.\d+ GiB.*int4/);
  expect(existsSync(cacheFolder), "nothing was hashed or converted").toBe(false);
});

test("memory stays flat over 10 cycles of loading, answering and closing", { timeout: 240_000 }, async () => {
  const checkpoint = join(folder, "leak");
  const { small } = shapes;
  await writeRandomCheckpoint(checkpoint, { ...small, vision: { ...small.vision, depth: 14 } }, { dtype: "F32" });
  const cacheFolder = join(folder, "leak-cache");
  const program = join(folder, "cycles.mjs");
  const engine = pathToFileURL(createRequire(import.meta.url).resolve("@ocellus/engine")).href;
  await writeFile(
    program,
    `import { loadModel } from ${JSON.stringify(engine)};
     const [checkpoint, cacheFolder, source] = process.argv.slice(2);
     const load = () => loadModel(checkpoint, { precision: "float32", cacheFolder });
     for (let cycle = 0; cycle < 10; cycle++) {
       const model = await load();
       const [, error] = await model({ source, userPrompt: "What?", generationConfig: { maxNewTokens: 4 } });
       if (error) throw error;
       await model.close();
       console.log(process.memoryUsage.rss());
     }
     const model = await load();
     const dark = { data: new Uint8Array(3 * 448 ** 2), width: 448, height: 448, channels: 3 };
     for await (const _ of model({ source, userPrompt: "What?", stream: true })) {
       void model({ source: dark, userPrompt: "What?" });
       setTimeout(() => process.exit(0), 30);
     }`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program, checkpoint, cacheFolder, picture]);
  const graphs = join(cacheFolder, "graphs");
  const vision = statSync(join(graphs, readdirSync(graphs)[0]!, "vision.data"));
  expect(vision.size, "large enough for a thread of its own").toBeGreaterThan(64 * 2 ** 20);
  const resident = stdout.trim().split("\n").map(Number);
  expect(resident.length, "the process ended well while the vision tower worked").toBe(10);
  // The weights alone are 128 MB: 5 cycles that each kept a model would add more than 600 MB.
  expect(resident[9]! - resident[4]!, resident.join(" ")).toBeLessThan(60e6);
});
