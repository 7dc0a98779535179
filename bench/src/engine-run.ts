/** One measuring process of the engine bench: loads a checkpoint, answers about a picture, prints figures as JSON. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { argv, resourceUsage, stdout } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { unwrap } from "@ocellus/core";
import { type BlockSize, loadModel, type Precision } from "@ocellus/engine";
import { noisePicture } from "./noise-picture.ts";

/** What one measuring process reports; times in milliseconds, medians over its runs. */
export interface EngineFigures {
  readonly loadMs: number;
  readonly weightBytes: number;
  readonly peakBytes: number;
  readonly visionMs: number;
  readonly prefillMs: number;
  readonly firstTokenMs: number;
  readonly decodeMsPerToken: number;
  readonly inputTokens: number;
  readonly imageTokens: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Longest delay of the main thread while nothing happened, to compare with. */
  readonly idleMaxMs: number;
}

interface RunOptions {
  readonly stage: "load" | "answer";
  readonly checkpoint: string;
  readonly cache: string;
  readonly precision: Precision;
  readonly blockSize: string;
  readonly image: string;
  readonly tokens: string;
  readonly runs: string;
  readonly threads?: string;
}

const options = JSON.parse(argv[2] ?? "{}") as RunOptions;
const side = Number(options.image);
const source = noisePicture(side, 1);
const tokens = Number(options.tokens);
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
// What the machine itself adds: timers of an idle thread on a busy machine are late, too.
await sleep(500);
delay.reset();
await sleep(1000);
const idleMaxMs = delay.max / 1e6;
delay.reset();
const begin = performance.now();
const model = await loadModel(options.checkpoint, {
  precision: options.precision,
  blockSize: Number(options.blockSize) as BlockSize,
  cacheFolder: options.cache,
  ...(options.threads === undefined ? {} : { threads: Number(options.threads) }),
});
const loadMs = performance.now() - begin;

const responses = [];
for (let run = 0; run < (options.stage === "answer" ? Number(options.runs) : 0); run++) {
  const generationConfig = { maxNewTokens: tokens, minNewTokens: tokens };
  responses.push(
    unwrap(await model({ source, userPrompt: "What is in this picture? Answer briefly.", generationConfig })),
  );
}
await model.close();

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const figures: EngineFigures = {
  loadMs,
  weightBytes: model.info.weightBytes ?? 0,
  peakBytes: resourceUsage().maxRSS * 1024,
  visionMs: median(responses.map(({ timings }) => timings.visionMs)),
  prefillMs: median(responses.map(({ timings }) => timings.prefillMs)),
  firstTokenMs: median(responses.map(({ timings }) => timings.firstTokenMs)),
  decodeMsPerToken: median(responses.map(({ timings }) => timings.decodeMs / (tokens - 1))),
  inputTokens: responses[0]?.usage.inputTokens ?? 0,
  imageTokens: responses[0]?.usage.imageTokens ?? 0,
  delayP99Ms: delay.percentile(99) / 1e6,
  delayMaxMs: delay.max / 1e6,
  idleMaxMs,
};
stdout.write(JSON.stringify(figures));
