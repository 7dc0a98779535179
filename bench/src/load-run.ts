/** One measuring process of the load bench: loads a checkpoint, or the graphs of its cache alone; prints JSON. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { argv, cpuUsage, env, memoryUsage, resourceUsage, stdout } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { loadModel, type Precision } from "@ocellus/engine";

/** Times of one process in milliseconds; what it did not measure is 0. */
export interface LoadFigures {
  readonly totalMs: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  /** Until weights are converted or, where the cache has them, until the graphs are opened. */
  readonly readingMs: number;
  readonly convertingMs: number;
  readonly openingMs: number;
  /** Reading every file of the cache once. */
  readonly fileMs: number;
  /** Opening the graphs without repacking their weights. */
  readonly setUpMs: number;
  readonly peakBytes: number;
  readonly closedBytes: number;
  readonly cacheBytes: number;
}

interface RunOptions {
  readonly stage: "load" | "split";
  readonly checkpoint: string;
  readonly cache: string;
  readonly precision: Precision;
}

// As the engine does before it loads the library.
env.ORT_DISABLE_TELEMETRY ??= "1";
const options = JSON.parse(argv[2] ?? "{}") as RunOptions;
const nothing: LoadFigures = {
  ...{ totalMs: 0, cpuMs: 0, readingMs: 0, convertingMs: 0, openingMs: 0, fileMs: 0, setUpMs: 0 },
  ...{ peakBytes: 0, closedBytes: 0, cacheBytes: 0 },
};
stdout.write(JSON.stringify(options.stage === "load" ? await measureLoad() : await measureParts()));

async function measureLoad(): Promise<LoadFigures> {
  const steps = new Map<string, number>();
  const begin = performance.now();
  const before = cpuUsage();
  const model = await loadModel(options.checkpoint, {
    precision: options.precision,
    cacheFolder: options.cache,
    onProgress: (event) => {
      if (event.kind === "load" && !steps.has(event.step)) steps.set(event.step, performance.now());
    },
  });
  const end = performance.now();
  const { user, system } = cpuUsage(before);
  await model.close();
  await sleep(500);
  const opening = steps.get("Loading the weights") ?? end;
  const converting = steps.get("Converting the weights") ?? opening;
  return {
    ...nothing,
    totalMs: end - begin,
    cpuMs: (user + system) / 1000,
    readingMs: converting - begin,
    convertingMs: opening - converting,
    openingMs: end - opening,
    peakBytes: resourceUsage().maxRSS * 1024,
    closedBytes: memoryUsage.rss(),
    cacheBytes: await entryBytes(),
  };
}

/** The one entry of the cache. */
async function entryFiles(): Promise<readonly string[]> {
  const graphs = join(options.cache, "graphs");
  const [entry = ""] = await readdir(graphs);
  return (await readdir(join(graphs, entry))).map((file) => join(graphs, entry, file));
}

async function entryBytes(): Promise<number> {
  let bytes = 0;
  for (const file of await entryFiles()) bytes += (await stat(file)).size;
  return bytes;
}

async function measureParts(): Promise<LoadFigures> {
  const files = await entryFiles();
  const begin = performance.now();
  for (const file of files) for await (const _ of createReadStream(file, { highWaterMark: 8 << 20 }));
  const fileMs = performance.now() - begin;
  const models = files.filter((file) => file.endsWith(".onnx"));
  const setUpMs = await openAll(models, "1");
  return { ...nothing, fileMs, setUpMs, openingMs: await openAll(models, "0") };
}

/** Opens graphs as the engine does, one after the other. */
async function openAll(models: readonly string[], disablePrepacking: "0" | "1"): Promise<number> {
  const ort = await import("onnxruntime-node");
  const begin = performance.now();
  const sessions = [];
  for (const model of models) {
    sessions.push(
      await ort.InferenceSession.create(model, {
        enableMemPattern: false,
        extra: { session: { disable_prepacking: disablePrepacking } },
      }),
    );
  }
  const took = performance.now() - begin;
  for (const session of sessions) await session.release();
  return took;
}
