import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryUsage, stdout } from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AbortedError, unwrap, type VisionModel } from "@ocellus/core";
import { loadModel, type Precision } from "@ocellus/engine";
import { benchCheckpoint } from "./bench-checkpoint.ts";

const pictures = ["photo.png", "square.png", "tall.png", "wide.png", "small.png"];
const prompts = ["What is in this image?", "Describe it.", "How many?"];
const tasks = ["generic", "generic", "vqa", "phrase-grounding"] as const;

/** What a caller asks; the same number, the same question. */
function question(number: number) {
  const source = fileURLToPath(new URL(`../../fixtures/images/${pictures[number % 5]}`, import.meta.url));
  const sampled = number % 3 === 0 ? { doSample: true, temperature: 1.2, seed: number } : {};
  const generationConfig = { maxNewTokens: 4 + ((number * 7) % 40), ...sampled };
  return { source, userPrompt: prompts[number % 3]!, task: tasks[number % 4]!, generationConfig };
}

/**
 * `npm run bench -- callers [--minutes 5] [--callers 8] [--shape tiny] [--precision float32]`: callers of one model that
 * ask without a pause and abort every fourth question on the way. Fails when an answer differs from the one given
 * alone, an abort has no effect, or a call does not come back; reports rates and memory.
 */
export async function runCallers(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "5" },
      callers: { type: "string", default: "8" },
      shape: { type: "string", default: "tiny" },
      precision: { type: "string", default: "float32" },
      folder: { type: "string", default: join(tmpdir(), "ocellus-bench") },
    },
  });
  const checkpoint = await benchCheckpoint(values.shape, values.folder);
  const options = { precision: values.precision as Precision, cacheFolder: join(values.folder, "cache") };
  await using model = await loadModel(checkpoint, options);
  const alone: (readonly number[])[] = [];
  for (let number = 0; number < 60; number++) alone.push(unwrap(await model(question(number))).tokenIds);

  const end = performance.now() + Number(values.minutes) * 60_000;
  const count = { answered: 0, aborted: 0, differing: 0, failed: 0, longestMs: 0 };
  const residents: number[] = [];
  const watch = setInterval(() => residents.push(memoryUsage.rss() / 2 ** 20), 1000);
  const callers = Array.from({ length: Number(values.callers) }, async (_, caller) => {
    for (let turn = caller; performance.now() < end; turn += 7) await ask(model, turn % 60, alone, count);
  });
  await Promise.all(callers);
  clearInterval(watch);
  const early = residents[Math.min(30, residents.length >> 1)] ?? 0;
  stdout.write(`\n| what | figure |\n|---|---|\n| answered | ${count.answered} |\n| aborted | ${count.aborted} |\n`);
  stdout.write(`| answers that differ from those given alone | ${count.differing} |\n| failed | ${count.failed} |\n`);
  stdout.write(`| longest call | ${count.longestMs.toFixed(0)} ms |\n`);
  stdout.write(
    `| memory after half a minute, at the end | ${early.toFixed(0)}, ${residents.at(-1)?.toFixed(0)} MiB |\n`,
  );
  if (count.differing + count.failed > 0) process.exitCode = 1;
}

async function ask(
  model: VisionModel,
  number: number,
  alone: readonly (readonly number[])[],
  count: Record<"answered" | "aborted" | "differing" | "failed" | "longestMs", number>,
): Promise<void> {
  const controller = new AbortController();
  const timer = Math.random() < 0.25 ? setTimeout(() => controller.abort(), 300 * Math.random()) : undefined;
  const begin = performance.now();
  const [response, error] = await model({ ...question(number), signal: controller.signal });
  clearTimeout(timer);
  count.longestMs = Math.max(count.longestMs, performance.now() - begin);
  if (error === null) {
    count.answered++;
    if (response.tokenIds.join() !== alone[number]!.join()) count.differing++;
  } else if (AbortedError.isInstance(error) && controller.signal.aborted) count.aborted++;
  else count.failed++;
}
