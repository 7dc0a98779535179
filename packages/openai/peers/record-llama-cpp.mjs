// Records exchanges with the server of llama-cpp-python and a tiny model with random weights, for the tests to replay.
//
//   python3.11 -m venv venv && venv/bin/pip install "llama-cpp-python[server]==0.3.36" gguf     (compiles for long)
//   PEER_PYTHON=venv/bin/python node packages/openai/peers/record-llama-cpp.mjs
//
// Not part of test:peers, because of the compilation. Build first (npm run build).
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { connectOpenAI } from "ocellus";
import { startRecorder } from "./start-recorder.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const records = join(here, "../../../fixtures/openai/llama-cpp-python");
const port = 18_413;
const python = process.env.PEER_PYTHON;
if (!python) throw new Error("Set PEER_PYTHON to a Python that has llama-cpp-python[server] and gguf.");

const folder = mkdtempSync(join(tmpdir(), "ocellus-llama-"));
const file = join(folder, "tiny.gguf");
execFileSync(python, [join(here, "make_gguf.py"), file]);
const options = ["--model", file, "--model_alias", "tiny", "--n_ctx", "512", "--n_threads", "1"];
const child = spawn(python, ["-m", "llama_cpp.server", ...options, "--port", String(port)], { stdio: "ignore" });
const isUp = async () => (await fetch(`http://localhost:${port}/v1/models`).catch(() => null))?.ok === true;
for (let tries = 0; tries < 120 && !(await isUp()); tries += 1)
  await new Promise((resolve) => setTimeout(resolve, 500));
const recorder = await startRecorder(port);
const calls = JSON.parse(readFileSync(join(records, "calls.json"), "utf8"));
try {
  for (const [name, { connect = {}, request }] of Object.entries(calls)) {
    const model = connectOpenAI({ baseUrl: recorder.baseUrl, model: "tiny", ...connect });
    const [result, error] = request.stream ? await model(request).outcome() : await model(request);
    const seen = result ?? { code: error.code, status: error.status, message: error.message };
    process.stdout.write(`${name}: ${JSON.stringify(seen)}\n`);
    writeFileSync(join(records, `${name}.json`), `${JSON.stringify(await recorder.take(), null, 1)}\n`);
    await model.close();
  }
} finally {
  recorder.close();
  child.kill();
  rmSync(folder, { recursive: true });
}
