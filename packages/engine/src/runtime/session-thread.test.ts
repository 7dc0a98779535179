import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { DisposedError, GenerationError, ModelLoadError } from "@ocellus/core";
import { openPicture } from "@ocellus/media";
import { afterAll, beforeAll, expect, test } from "vitest";
import { precisionPlan } from "../checkpoint/precision.ts";
import { goldenMessages, readGoldenCheckpoint } from "../golden/golden-checkpoint.ts";
import { type GoldenGraphs, openGoldenGraphs } from "../golden/golden-graphs.ts";
import { remainingWorkers } from "../golden/live-workers.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { type Feeds, floatTensor } from "./host-tensor.ts";
import { openSessionThread } from "./session-thread.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
let graphs: GoldenGraphs;
let folder: string;
let path: string;
let feeds: Feeds;
let features: readonly number[];

const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error) => error,
  );

beforeAll(async () => {
  graphs = await openGoldenGraphs(golden.folder);
  folder = await mkdtemp(join(tmpdir(), "ocellus-session-"));
  path = join(folder, "vision.onnx");
  await writeOnnxModel(graphs.model.graphs(precisionPlan("float32").formats).vision, { folder, name: "vision" });
  const messages = goldenMessages(golden.cases.find(({ id }) => id === "one-image")!);
  const part = messages.flatMap(({ content }) => content).find(({ type }) => type === "image")!;
  if (part.type !== "image") throw new Error("no picture");
  feeds = graphs.model.prepareImage(await openPicture(part.source), 1).feeds[0]!;
  features = [...(await graphs.vision.run(feeds)).image_features!];
});

afterAll(async () => {
  await graphs?.delete();
  await rm(folder, { recursive: true, force: true });
});

test("gives what the graph gives in this thread, several runs in order, and leaves the inputs as they are", async () => {
  const session = await openSessionThread(path, { threads: 1 });
  const { data, dims } = feeds.pixel_values!;
  // A view of memory whose other parts somebody else uses.
  const shared = new Float32Array(data.length + 8).fill(7);
  shared.set(data as Float32Array, 4);
  const view = { ...feeds, pixel_values: floatTensor(shared.subarray(4, -4), dims) };
  const black = { ...feeds, pixel_values: floatTensor(new Float32Array(data.length), dims) };
  const [first, dark, again] = await Promise.all([session.run(view), session.run(black), session.run(view)]);
  expect([...first.image_features!]).toEqual(features);
  expect([...dark.image_features!]).not.toEqual(features);
  expect([...again.image_features!]).toEqual(features);
  expect(shared.length).toBe(data.length + 8);

  const error = await thrownBy(session.run({ ...feeds, pixel_values: floatTensor(new Float32Array(3), [1, 3]) }));
  expect(GenerationError.isInstance(error), String(error)).toBe(true);
  const last = session.run(feeds);
  await session.release();
  expect([...(await last).image_features!], "asked for before the end").toEqual(features);
  expect(DisposedError.isInstance(await thrownBy(session.run(feeds)))).toBe(true);
  expect(await remainingWorkers()).toBe(0);
});

test("a graph that cannot be opened leaves no thread", async () => {
  const damaged = join(folder, "damaged.onnx");
  await writeFile(damaged, "no graph");
  const error = await thrownBy(openSessionThread(damaged, { threads: 1 }));
  expect(ModelLoadError.isInstance(error), String(error)).toBe(true);
  expect((error as Error).message).toContain("damaged.onnx");
  expect(await remainingWorkers()).toBe(0);
});

test("runs of a thread that ends reject, and releasing it does not hang", async () => {
  const started = new Promise<Worker>((resolve) => process.once("worker", resolve));
  const session = await openSessionThread(path, { threads: 1 });
  const ended = (await started).terminate();
  const errors = await Promise.all([session.run(feeds), session.run(feeds)].map(thrownBy));
  expect(errors.map((error) => DisposedError.isInstance(error))).toEqual([true, true]);
  await ended;
  expect(DisposedError.isInstance(await thrownBy(session.run(feeds)))).toBe(true);
  await session.release();
});
