// `npm run bench -- clarifai`: this client and the Python client in turn against the real local runner, and against a
// server that costs next to nothing. Options: --rounds N, --json.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { V2 } from "../dist/gen/clarifai/api/inference_pb.js";
import { ModelClient } from "../dist/index.js";
import { makePython } from "./make-python.mjs";
import { startRunner } from "./start-runner.mjs";

const option = (name, fallback) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const rounds = option("--rounds", 15);
const mib = 2 ** 20;

/** What is measured; `better` says which direction is. */
const jobs = [
  { name: "short unary call, ms", what: "short", count: 150, better: "lower" },
  { name: "1 MiB picture there and back, ms", what: "image", count: 20, size: mib, better: "lower" },
  { name: "stream from the runner, chunks/s", what: "chunks", count: 2000, better: "higher" },
  {
    name: "stream from a fast server, chunks/s",
    what: "chunks",
    count: 3000,
    each: 1000,
    better: "higher",
    server: "fast",
  },
  {
    name: "32 in flight against a fast server, calls/s",
    what: "parallel",
    count: 4000,
    better: "higher",
    server: "fast",
  },
];

/** A child that answers a JSON line with a JSON line. */
function startLines(command, args) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = [];
  const early = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (!line.startsWith("{")) return;
    const take = waiting.shift();
    if (take === undefined) early.push(JSON.parse(line));
    else take(JSON.parse(line));
  });
  const next = () =>
    early.length > 0 ? Promise.resolve(early.shift()) : new Promise((resolve) => waiting.push(resolve));
  return {
    next,
    ask: (message) => {
      child.stdin.write(`${JSON.stringify(message)}\n`);
      return next();
    },
    stop: () => new Promise((resolve) => child.once("exit", resolve) && child.stdin.end()),
  };
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

async function timed(call, count) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return median(times);
}

async function measureOurs(model, { what, count, each = count, size }) {
  if (what === "short") return await timed(() => model.predict({ prompt: "hi" }), count);
  if (what === "image") {
    const image = { bytes: new Uint8Array(size) };
    return await timed(() => model.method("echo_image")({ image }), count);
  }
  const start = performance.now();
  if (what === "chunks") {
    let chunks = 0;
    while (chunks < count)
      for await (const _ of model.method("gen_chunks")({ n: each }, { keepChunks: false })) chunks++;
    return (chunks / (performance.now() - start)) * 1000;
  }
  let left = count;
  const worker = async () => {
    while (left-- > 0) await model.predict({ prompt: "hi" });
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  return (count / (performance.now() - start)) * 1000;
}

const python = makePython();
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const signatures = JSON.parse(readFileSync(here("../../../fixtures/clarifai/wire/signatures/alltypes.json"), "utf8"));
const runner = await startRunner(python, ["--model", "models/alltypes"]);
const fast = startLines(process.execPath, [here("fast-server.mjs"), signatures.get_signatures_text]);
const peer = startLines(python, [here("bench-client.py")]);
const ports = { runner: runner.port, fast: (await fast.next()).port };
const models = {
  runner: ModelClient.fromLocalGrpc({ port: ports.runner }),
  fast: ModelClient.fromLocalGrpc({ port: ports.fast }),
};

/** Our measurement, with the processor time of this process for one call or chunk. */
async function runOurs(job) {
  const before = process.cpuUsage();
  const value = await measureOurs(models[job.server ?? "runner"], job);
  const { user, system } = process.cpuUsage(before);
  return { value, cpuUs: (user + system) / job.count };
}

/** The same short call over the stock transport of connect-node, without anything of ours above it. */
const stock = createClient(V2, createGrpcTransport({ baseUrl: `http://127.0.0.1:${ports.runner}`, httpVersion: "2" }));
const input = {
  data: { metadata: { _method_name: "predict" }, parts: [{ id: "prompt", data: { stringValue: "hi" } }] },
};
const stockMs = [];

const clients = ["ours", "local", "full"];
const results = jobs.map(() => ({ ours: [], local: [], full: [] }));
for (let round = 0; round <= rounds; round++) {
  stockMs.push(await timed(() => stock.postModelOutputs({ inputs: [input] }), jobs[0].count));
  for (const [index, job] of jobs.entries()) {
    // Each goes first in turn.
    for (let turn = 0; turn < clients.length; turn++) {
      const client = clients[(turn + round) % clients.length];
      const port = ports[job.server ?? "runner"];
      const answer = client === "ours" ? await runOurs(job) : await peer.ask({ ...job, client, port });
      if (answer.error !== undefined) throw new Error(`${client}, ${job.name}: ${answer.error}`);
      // The first round warms up.
      if (round > 0) results[index][client].push(answer);
    }
  }
}
const rows = jobs.map(({ name, better }, index) => {
  const of = (client, key) => median(results[index][client].map((answer) => answer[key]));
  const gain = (theirs) =>
    better === "lower" ? of(theirs, "value") / of("ours", "value") : of("ours", "value") / of(theirs, "value");
  return {
    name,
    better,
    ours: of("ours", "value"),
    pythonLocal: of("local", "value"),
    pythonFull: of("full", "value"),
    timesPythonLocal: gain("local"),
    timesPythonFull: gain("full"),
    cpuUs: { ours: of("ours", "cpuUs"), pythonLocal: of("local", "cpuUs"), pythonFull: of("full", "cpuUs") },
  };
});
if (process.argv.includes("--json"))
  process.stdout.write(`${JSON.stringify({ rounds, rows, connectNodeShortMs: median(stockMs.slice(1)) })}\n`);
else {
  process.stdout.write(
    `medians of ${rounds} rounds in turn; "times" above 1: ours is better; CPU of the client's process\n`,
  );
  const text = (value) => value.toFixed(value < 100 ? 2 : 0);
  for (const { cpuUs, ...row } of rows) {
    process.stdout.write(
      `${row.name}\n` +
        `  ours                 ${text(row.ours)}, ${text(cpuUs.ours)} µs CPU each\n` +
        `  Python local client  ${text(row.pythonLocal)}, ${text(cpuUs.pythonLocal)} µs CPU each: ${row.timesPythonLocal.toFixed(2)} times\n` +
        `  Python full client   ${text(row.pythonFull)}, ${text(cpuUs.pythonFull)} µs CPU each: ${row.timesPythonFull.toFixed(2)} times\n`,
    );
  }
}
if (!process.argv.includes("--json")) {
  process.stdout.write(
    `short unary call over the bare transport of connect-node, ms: ${median(stockMs.slice(1)).toFixed(2)}\n`,
  );
}
for (const model of Object.values(models)) await model.close();
await Promise.all([peer.stop(), fast.stop(), runner.stop()]);
process.exit(0);
