// Peer test: the Vi SDK of Datature and our client against the same platform on loopback: the same requests, the same
// folder on the disk, and each takes what the other has downloaded.
//
//   node packages/datature/peers/run.mjs          makes a Python environment of its own, needs the network
//   PEER_PYTHON=/path/to/python node …            uses an environment that has vi-sdk
//
// Build first (npm run build).
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { openRun, ViClient } from "@ocellus/datature";
import { peerPython } from "../../../scripts/peer-python.mjs";
import { organizationId, secretKey, startFakePlatform, wireRun } from "./fake-platform.mjs";

const requirements = ["vi-sdk==0.1.0b7"];
const here = dirname(fileURLToPath(import.meta.url));

/** An archive as Python's tarfile writes it. */
function makeArchive(python, folder, name, weight) {
  const header = JSON.stringify({ weight: { dtype: "F32", shape: [1], data_offsets: [0, 4] } });
  const bytes = Buffer.alloc(12 + header.length);
  bytes.writeBigUInt64LE(BigInt(header.length));
  bytes.write(header, 8);
  bytes.writeFloatLE(weight, 8 + header.length);
  const source = join(folder, name);
  mkdirSync(join(source, "model_full"), { recursive: true });
  mkdirSync(join(source, "model_adapter"));
  writeFileSync(join(source, "model_full", "model.safetensors"), bytes);
  const blocks = [{ block: "dataset", settings: { projectKind: "vqa" }, style: {} }];
  const flow = { name: "f", schema: "v1", tolerations: {}, settings: {}, blocks };
  writeFileSync(join(source, "model_full", "run.json"), JSON.stringify({ spec: { flow } }));
  writeFileSync(join(source, "model_adapter", "adapter_config.json"), "{}");
  const path = join(folder, `${name}.tar`);
  execFileSync(python, ["-m", "tarfile", "-c", path, "model_full", "model_adapter"], { cwd: source });
  return readFileSync(path);
}

/** Path and SHA-256 of every file of the model below a folder. */
function filesOf(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "checkpoint.json")
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .map((path) => [relative(folder, path), createHash("sha256").update(readFileSync(path)).digest("hex")])
    .sort();
}

const failures = [];
function check(name, actual, expected) {
  const same = JSON.stringify(actual) === JSON.stringify(expected);
  if (!same) failures.push(name);
  process.stdout.write(`${same ? "same" : "DIFFERENT"}  ${name}: ${JSON.stringify(actual)}\n`);
  if (!same) process.stdout.write(`           expected ${JSON.stringify(expected)}\n`);
}

const folder = mkdtempSync(join(tmpdir(), "ocellus-datature-"));
const python = peerPython("datature", requirements);
const first = { checkpoint: "first", epoch: 1, archive: makeArchive(python, folder, "first", 1) };
const second = { checkpoint: "second", epoch: 2, archive: makeArchive(python, folder, "second", 2) };
const platform = await startFakePlatform({
  run1: { wire: wireRun("run1"), models: [first, second] },
  run2: { wire: wireRun("run2"), models: [] },
  run3: { wire: wireRun("run3"), models: [] },
});
const { endpoint } = platform;
try {
  const args = [join(here, "vi_sdk.py"), endpoint, secretKey, organizationId, join(folder, "theirs")];
  const { stdout } = await promisify(execFile)(python, args, { env: { ...process.env, HOME: folder } });
  const theirs = JSON.parse(stdout.trim().split("\n").at(-1));
  const asked = platform.requests.splice(0);

  const client = new ViClient({ secretKey, organizationId, endpoint });
  const runs = [];
  for await (const run of client.runs.list({ pageSize: 2 })) runs.push(run);
  await client.models.locate({ runId: "run1" });
  const place = { runId: "run1", savePath: join(folder, "ours") };
  const ours = await openRun({ ...place, secretKey, organizationId, endpoint });
  const named = await client.models.get({ runId: "run1", checkpoint: "first" });
  check(
    "ids of the runs",
    theirs.runs,
    runs.map(({ runId }) => runId),
  );
  check("newest and named model", [theirs.newest, theirs.named], [ours.checkpoint, named.checkpoint]);
  const plain = ({ method, path, query, authorization, organization }) => [
    method,
    path,
    [...new URLSearchParams(query)].sort(),
    authorization,
    organization,
  ];
  const isApi = ({ path }) => path.startsWith("/workspaces/");
  check("requests to the platform", platform.requests.filter(isApi).map(plain), asked.filter(isApi).map(plain));
  const keys = (requests) => [
    ...new Set(
      requests
        .filter((one) => !isApi(one))
        .map(plain)
        .map((one) => one.at(-2)),
    ),
  ];
  check("key sent to the storage", keys(platform.requests), keys(asked));
  check("files", filesOf(join(folder, "ours", "run1")), filesOf(join(folder, "theirs", "run1")));

  client.close();
  await platform.close();
  const taken = await openRun({ runId: "run1", savePath: join(folder, "theirs") });
  check("their download without a platform", [taken.modelFolder, taken.adapterFolder], [theirs.model, theirs.adapter]);
} finally {
  await platform.close().catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(failures.length === 0 ? "all the same\n" : `${failures.length} different\n`);
process.exitCode = failures.length === 0 ? 0 : 1;
