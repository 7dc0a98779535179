// Peer test: the OpenAI client against a real server, `transformers serve`, with the embedded model of ocellus-tiny, and
// beside it the same model in the local engine: both must write the same text.
//
//   node packages/openai/peers/run.mjs            makes a Python environment of its own (about 1 GB), needs the network
//   PEER_PYTHON=/path/to/python node …            uses an environment that has transformers[serving] and torch
//   node packages/openai/peers/run.mjs --record   also writes the exchanges to fixtures/openai/transformers-serve
//
// Build first (npm run build).
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectOpenAI, loadModel, unwrap } from "ocellus";
import { peerPython } from "../../../scripts/peer-python.mjs";
import { startRecorder } from "./start-recorder.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const model = "packages/ocellus-tiny/checkpoint";
const records = join(root, "fixtures/openai/transformers-serve");
const serverPort = 18_412;
const requirements = ["transformers[serving]==5.23.0", "accelerate", "torch", "torchvision", "pillow"];

/** Starts the server and waits until it answers. */
async function startServer(python) {
  const code = "import sys; from transformers.cli.transformers import main; sys.exit(main())";
  const options = ["serve", model, "--device", "cpu", "--dtype", "float32", "--port", String(serverPort)];
  const child = spawn(python, ["-c", code, ...options], {
    cwd: root,
    env: { ...process.env, HF_HUB_OFFLINE: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (text) => {
    log = (log + text).slice(-4000);
  });
  for (let tries = 0; tries < 240; tries += 1) {
    if (child.exitCode !== null) throw new Error(`The server ended:\n${log}`);
    const ok = await fetch(`http://localhost:${serverPort}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return child;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  child.kill();
  throw new Error(`The server did not become ready:\n${log}`);
}

const failures = [];
function check(name, actual, expected) {
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  if (!same) failures.push(name);
  process.stdout.write(`${same ? "same" : "DIFFERENT"}  ${name}: ${JSON.stringify(actual)}\n`);
  if (!same) process.stdout.write(`           expected ${JSON.stringify(expected)}\n`);
}

const cache = mkdtempSync(join(tmpdir(), "ocellus-peer-cache-"));
const child = await startServer(peerPython("openai", requirements));
const recorder = await startRecorder(serverPort);
const local = await loadModel(join(root, model), { cacheFolder: cache, precision: "float32" });
const remote = connectOpenAI({
  baseUrl: recorder.baseUrl,
  model,
  systemPrompts: local.info.systemPrompts,
});
const named = {};
async function exchange(name, work) {
  await recorder.take();
  const result = await work();
  named[name] = await recorder.take();
  return result;
}
try {
  const small = join(root, "fixtures/images/small.png");
  const prompt = "How many squares are there?";
  // The server has no repetition penalty: it must be off on our side, too.
  const plain = { generationConfig: { repetitionPenalty: 1, maxNewTokens: 48 } };
  const bare = { generationConfig: { maxNewTokens: 48 } };
  const ask = { source: small, userPrompt: prompt };
  const expected = unwrap(await local({ ...ask, ...plain }));
  const whole = unwrap(await exchange("one-answer", () => remote({ ...ask, ...bare })));
  check("text of one answer", whole.rawOutput, expected.rawOutput);
  check(
    "tokens in and out",
    [whole.usage.inputTokens, whole.usage.outputTokens],
    [expected.usage.inputTokens, expected.usage.outputTokens],
  );
  check("finish reason", whole.finishReason, expected.finishReason);
  const pieces = [];
  const final = await exchange("stream", async () => {
    const stream = remote({ ...ask, ...bare, task: "vqa", stream: true });
    for await (const text of stream) pieces.push(text);
    return await stream.finalCompletion();
  });
  check("pieces of a stream", pieces.join(""), final.rawOutput);
  check("text of a stream", final.rawOutput, unwrap(await local({ ...ask, ...plain, task: "vqa" })).rawOutput);
  const short = { generationConfig: { maxNewTokens: 3 } };
  const capped = unwrap(await exchange("length", () => remote({ source: small, task: "phrase-grounding", ...short })));
  check("an answer that reaches its cap", capped.finishReason, "length");
  const [, refusal] = await exchange("refused-field", () => remote({ ...ask, generationConfig: { topK: 5 } }));
  check("a field that the server does not know", [refusal?.code, refusal?.status], ["api-call", 422]);
  const two = {
    messages: [
      {
        role: "user",
        content: [
          { type: "image", source: join(root, "fixtures/images/frame0.png") },
          { type: "image", source: join(root, "fixtures/images/frame1.png") },
          { type: "text", text: "What is different?" },
        ],
      },
    ],
  };
  check(
    "two pictures",
    unwrap(await remote({ ...two, ...bare })).rawOutput,
    unwrap(await local({ ...two, ...plain })).rawOutput,
  );
  const webp = { source: join(root, "fixtures/decode/lossy.webp"), userPrompt: prompt };
  check(
    "WebP",
    unwrap(await remote({ ...webp, ...bare })).rawOutput,
    unwrap(await local({ ...webp, ...plain })).rawOutput,
  );
  const turned = { source: join(root, "fixtures/decode/orientation-6.jpg"), userPrompt: prompt };
  check(
    "turned JPEG",
    unwrap(await remote({ ...turned, ...bare })).usage.inputTokens,
    unwrap(await local({ ...turned, ...plain })).usage.inputTokens,
  );
  const list = await remote({ source: [small, "missing.png", small], userPrompt: prompt, ...bare });
  check(
    "a list",
    list.map(([result, error]) => result?.rawOutput ?? error.code),
    [whole.rawOutput, "source-not-found", whole.rawOutput],
  );
  const controller = new AbortController();
  const stopped = remote({ ...ask, task: "phrase-grounding", stream: true, signal: controller.signal });
  controller.abort();
  check("an abort", (await stopped.outcome())[1]?.code, "aborted");
} finally {
  await remote.close();
  await local.close();
  recorder.close();
  child.kill();
  rmSync(cache, { recursive: true });
}
if (process.argv.includes("--record")) {
  mkdirSync(records, { recursive: true });
  for (const [name, recorded] of Object.entries(named)) {
    writeFileSync(join(records, `${name}.json`), `${JSON.stringify(recorded, null, 1)}\n`);
  }
}
process.stdout.write(failures.length === 0 ? "all the same\n" : `${failures.length} different\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
