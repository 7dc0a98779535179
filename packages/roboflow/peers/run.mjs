// Our client against the real inference server (inference-cpu 1.8.3), on loopback and offline: `npm run test:peers roboflow`.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLogger } from "@ocellus/core";
import { InferenceHTTPClient } from "@ocellus/roboflow";
import { checkErrors } from "./check-errors.mjs";
import { checkRegistry, checkTasks } from "./check-models.mjs";
import { checkPipelines } from "./check-pipelines.mjs";
import { checkWorkflows } from "./check-workflows.mjs";
import { startReferenceServer } from "./reference-server.mjs";

const fixtures = fileURLToPath(new URL("../../../fixtures/roboflow", import.meta.url));
const read = (path) => JSON.parse(readFileSync(join(fixtures, path), "utf8"));
let passed = 0;
const failures = [];

/** Runs one check; what it returns are differences. */
async function check(name, work) {
  const found = await Promise.resolve()
    .then(work)
    .catch((error) => [String(error?.stack ?? error)]);
  if (found === undefined || found.length === 0) passed += 1;
  else failures.push(`${name}\n    ${found.slice(0, 4).join("\n    ")}`);
}

const server = await startReferenceServer(fixtures);
const client = new InferenceHTTPClient({ apiUrl: server.url, apiKey: "k", logger: silentLogger, maxRetryDelayMs: 10 });
try {
  const context = { client, server, check, fixtures, read };
  await checkRegistry(context);
  await checkTasks(context);
  await checkErrors(context);
  await checkWorkflows(context);
  await checkPipelines(context);
} finally {
  await client.close();
  server.stop();
}
for (const failure of failures) process.stdout.write(`FAILED ${failure}\n`);
process.stdout.write(`roboflow: ${passed} checks passed, ${failures.length} failed\n`);
process.exit(failures.length === 0 ? 0 : 1);
