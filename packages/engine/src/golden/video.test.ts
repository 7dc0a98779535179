import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, type ChatMessageInput, type SourceInput, unwrap, type VisionModel } from "@ocellus/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadModel } from "../load-model.ts";
import { readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
const expected = golden.cases.find(({ id }) => id === "video")!;

/** The six frames of the recorded case "video", lossless, at its two frames a second. */
const clip = `${fixturesFolder}videos/lossless.mkv`;
const generationConfig = { maxNewTokens: 24, minNewTokens: 24, doSample: false, repetitionPenalty: 1 };

let cacheFolder: string;
let model: VisionModel;
let server: Server;
let origin: string;

beforeAll(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "ocellus-golden-video-"));
  // Temporary files of its own, so that a test can tell whether all are gone.
  process.env.TMPDIR = process.env.TEMP = cacheFolder;
  const options = { precision: "float32", cacheFolder, promptCacheBytes: 0, allowPrivateAddresses: true } as const;
  model = await loadModel(golden.folder, options);
  const bytes = await readFile(clip);
  server = createServer((request, response) => {
    response.setHeader("content-type", "application/octet-stream");
    response.end(request.url?.startsWith("/clip") ? bytes : "<html>no video</html>");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  await model?.close();
  server?.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const about = (source: SourceInput, fps = 2): ChatMessageInput[] => [
  {
    role: "user",
    content: [
      { type: "video", source, fps },
      { type: "text", text: "Where does the ball go?" },
    ],
  },
];

test("a model of the family says that it takes videos", () => {
  expect(model.info.supportsVideo).toBe(true);
});

test("a backend that does not exist is refused before anything is loaded", async () => {
  const options = { videoBackend: "vlc" } as unknown as Parameters<typeof loadModel>[1];
  await expect(loadModel(golden.folder, options)).rejects.toThrow(/videoBackend.*vlc/);
});

test.each([
  ["a path", async () => clip],
  ["bytes", async () => await readFile(clip)],
  ["a URL with a query", async () => `${origin}/clip.mkv?size=5`],
  ["a data URI", async () => `data:video/x-matroska;base64,${(await readFile(clip)).toString("base64")}`],
])("a video file by %s is answered as the reference answers its frames", async (_, source) => {
  const response = unwrap(await model({ messages: about(await source()), generationConfig }));
  expect(response.tokenIds).toEqual(expected.video_pil!.greedy.ids);
  expect(response.rawOutput).toBe(expected.video_pil!.greedy.text);
  expect(response.usage).toMatchObject({ inputTokens: expected.input_ids.length, imageTokens: 18 });
});

test("the fps of the call hold where a part has none", async () => {
  const content = [
    { type: "video", source: clip } as const,
    { type: "text", text: "Where does the ball go?" } as const,
  ];
  const ask = { messages: [{ role: "user", content } as const], generationConfig };
  const atTwo = unwrap(await model({ ...ask, fps: 2 }));
  expect(atTwo.tokenIds).toEqual(expected.video_pil!.greedy.ids);
  const capped = unwrap(await model({ ...ask, fps: 2, maxFrames: 2 }));
  expect(capped.usage.imageTokens).toBe(6);
});

test("source, not messages: a list that mixes videos and pictures", async () => {
  const outcomes = await model({
    source: [
      clip,
      `${fixturesFolder}images/frame0.png`,
      `${fixturesFolder}videos/sound-only.m4a`,
      "missing.mp4",
      `${origin}/page.mp4`,
    ],
    userPrompt: "Where does the ball go?",
    fps: 2,
    task: "generic",
    generationConfig,
  });
  expect(outcomes.map(([response, error]) => error?.code ?? response.usage.imageTokens)).toEqual([
    18,
    6,
    "unsupported-media",
    "source-not-found",
    "unsupported-media",
  ]);
});

test("an animated GIF is a video where it is asked for as one", async () => {
  const gif = `${fixturesFolder}videos/animation.gif`;
  const response = unwrap(await model({ messages: about(gif, 4), generationConfig }));
  expect(response.usage.imageTokens).toBe(18);
});

test("an abort ends a call about a video and leaves no file behind", async () => {
  const temporary = async (): Promise<string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith("ocellus-video-"));
  const before = await temporary();
  const controller = new AbortController();
  const call = model({ messages: about(await readFile(clip)), generationConfig, signal: controller.signal });
  controller.abort();
  const [, error] = await call;
  expect(AbortedError.isInstance(error)).toBe(true);
  unwrap(await model({ messages: about(clip), generationConfig }));
  expect(await temporary()).toEqual(before);
});
