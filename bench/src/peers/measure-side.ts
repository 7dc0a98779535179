import type { JsonProcess } from "../json-process.ts";
import { medianOf } from "../median.ts";

/** What one process of one engine showed; `null` where it has no such stage. */
export interface SideFigures {
  readonly loadMs: number;
  readonly inputTokens: number;
  readonly visionMs: number | null;
  readonly prefillTokensPerSecond: number;
  /** From the call to the first token, reading of the file included. */
  readonly firstTokenMs: number | null;
  readonly decodeMsPerToken: number;
  /** The whole answer about the picture. */
  readonly answerMs: number | null;
  /** Highest resident memory until here. */
  readonly peakBytes: number;
  /** Tokens a second of all texts that are answered together, by their number; `null` if noise hid it. */
  readonly batches: Readonly<Record<string, number | null>>;
}

/** What is asked of every side. */
export interface SideRequests {
  /** Picture files, all different; the first half warms up, medians are of the second. */
  readonly images: readonly string[];
  readonly prompt: string;
  /** Length of the whole prompt, for sides without vision. */
  readonly promptTokens: number;
  readonly tokens: number;
  readonly batchSizes: readonly number[];
}

interface Answer {
  readonly inputTokens: number;
  readonly visionMs: number | null;
  readonly prefillMs: number;
  readonly firstTokenMs: number | null;
  readonly decodeMs: number;
  readonly totalMs: number;
}

const limitMs = 10 * 60_000;
const shortTokens = 4;

/**
 * Loads, warms up, answers about pictures, then answers batches of texts; ends the process.
 *
 * The rate of a batch is that of the tokens by which long answers exceed short ones, so prompts do not count.
 */
export async function measureSide(side: JsonProcess, requests: SideRequests): Promise<SideFigures> {
  const { images, prompt, promptTokens, tokens } = requests;
  try {
    const { loadMs } = (await side.next(limitMs)) as { readonly loadMs: number };
    const answer = async (image: string, count: number): Promise<Answer> =>
      (await side.ask({ kind: "answer", image, prompt, promptTokens, tokens: count }, limitMs)) as Answer;
    const half = images.length / 2;
    for (const image of images.slice(0, half)) await answer(image, shortTokens);
    const answers: Answer[] = [];
    for (const image of images.slice(half)) answers.push(await answer(image, tokens));
    const { peakBytes } = (await side.ask({ kind: "peak" }, limitMs)) as { readonly peakBytes: number };
    const batches: Record<string, number | null> = {};
    for (const size of requests.batchSizes) batches[size] = await rateOfBatch(side, size, tokens);
    const median = (of: (answer: Answer) => number): number => medianOf(answers.map(of));
    const { inputTokens, visionMs } = answers[0]!;
    const hasVision = visionMs !== null;
    return {
      loadMs,
      inputTokens,
      visionMs: hasVision ? median(({ visionMs }) => visionMs!) : null,
      prefillTokensPerSecond: (1000 * inputTokens) / median(({ prefillMs }) => prefillMs),
      firstTokenMs: hasVision ? median(({ firstTokenMs }) => firstTokenMs!) : null,
      decodeMsPerToken: median(({ decodeMs }) => decodeMs),
      answerMs: hasVision ? median(({ totalMs }) => totalMs) : null,
      peakBytes,
      batches,
    };
  } finally {
    await side.close();
  }
}

async function rateOfBatch(side: JsonProcess, size: number, tokens: number): Promise<number | null> {
  const prompts = Array.from({ length: size }, (_, index) => `Tell me a story about the number ${index}.`);
  const time = async (count: number): Promise<number> =>
    ((await side.ask({ kind: "batch", prompts, tokens: count }, limitMs)) as { readonly totalMs: number }).totalMs;
  // Warms up: the first batch of a size allocates.
  await time(2);
  const short = await time(shortTokens);
  const long = await time(shortTokens + tokens);
  return long > short ? (1000 * size * tokens) / (long - short) : null;
}
