// Runs the client against the real Clarifai runner: `node packages/clarifai/peers/run.mjs`. Makes a Python environment in
// the cache folder at the first run, starts the recorded test models, and runs every recorded case against them.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { makePython } from "./make-python.mjs";
import { startMediaServer } from "./start-media-server.mjs";
import { startRunner } from "./start-runner.mjs";

const python = makePython();
const root = fileURLToPath(new URL("../../..", import.meta.url));
const build = spawnSync("npx", ["tsc", "-b", "packages/clarifai"], { cwd: root, stdio: "inherit" });
if (build.status !== 0) process.exit(1);

const stops = [];
let status = 1;
try {
  stops.push(await startMediaServer());
  const gateway = await startRunner(python, ["--gateway"]);
  stops.push(gateway.stop);
  const local = await startRunner(python, ["--model", "models/alltypes"]);
  stops.push(local.stop);
  const env = { ...process.env, PEER_GATEWAY_PORT: String(gateway.port), PEER_LOCAL_PORT: String(local.port) };
  const config = fileURLToPath(new URL("./vitest.config.ts", import.meta.url));
  const tests = spawn("npx", ["vitest", "run", "--config", config, ...process.argv.slice(2)], {
    cwd: root,
    env,
    stdio: "inherit",
  });
  status = await new Promise((resolve) => tests.once("exit", (code) => resolve(code ?? 1)));
} finally {
  for (const stop of stops.reverse()) await stop();
}
process.exit(status);
