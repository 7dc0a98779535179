/** Our side of `bench -- peers`: the protocol of `bench/python/peers/serve.py` over `loadModel`. */
import { argv, resourceUsage, stdin, stdout } from "node:process";
import { createInterface } from "node:readline";
import { unwrap } from "@ocellus/core";
import { loadModel, type Precision } from "@ocellus/engine";

/** The argument of the process, as JSON. */
export interface OursOptions {
  readonly model: string;
  readonly precision: Precision;
  readonly cacheFolder: string;
}

type Request =
  | { readonly kind: "answer"; readonly image: string; readonly prompt: string; readonly tokens: number }
  | { readonly kind: "batch"; readonly prompts: readonly string[]; readonly tokens: number }
  | { readonly kind: "peak" };

const { model: checkpoint, precision, cacheFolder } = JSON.parse(argv[2]!) as OursOptions;
const begin = performance.now();
// Without memory of earlier prompts: every prompt is computed whole, as by the peers.
const model = await loadModel(checkpoint, { precision, cacheFolder, promptCacheBytes: 0 });
report({ loadMs: performance.now() - begin, parts: model.info.precisionParts });
for await (const line of createInterface({ input: stdin })) {
  const start = performance.now();
  const figures = await handle(JSON.parse(line) as Request);
  report({ ...figures, totalMs: performance.now() - start });
}
await model.close();

async function handle(request: Request): Promise<object> {
  if (request.kind === "peak") return { peakBytes: resourceUsage().maxRSS * 1024 };
  const generationConfig = { maxNewTokens: request.tokens, minNewTokens: request.tokens };
  if (request.kind === "batch") {
    const answers = request.prompts.map((content) =>
      model({ messages: [{ role: "user", content }], generationConfig }),
    );
    for (const outcome of await Promise.all(answers)) unwrap(outcome);
    return {};
  }
  const { usage, timings } = unwrap(
    await model({ source: request.image, userPrompt: request.prompt, generationConfig }),
  );
  return {
    inputTokens: usage.inputTokens,
    visionMs: timings.visionMs,
    prefillMs: timings.prefillMs,
    firstTokenMs: timings.firstTokenMs,
    decodeMs: timings.decodeMs / (request.tokens - 1),
  };
}

function report(answer: object): void {
  stdout.write(`${JSON.stringify(answer)}\n`);
}
