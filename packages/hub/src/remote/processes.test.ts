import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { silentLogger } from "@ocellus/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lockFile } from "../cache/file-lock.ts";
import { pullModel } from "../pull-model.ts";
import { type FakeHub, sha256, startFakeHub } from "../testing/fake-hub.ts";
import { tinyModel } from "../testing/tiny-model.ts";

const weights = "model.safetensors";
const files = tinyModel();
const etag = sha256(files[weights]!);
const built = pathToFileURL(join(import.meta.dirname, "../../dist/index.js")).href;
vi.setConfig({ testTimeout: 60_000 });
let cacheDir: string;
let hub: FakeHub;
let children: ChildProcess[] = [];

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "ocellus-processes-"));
  hub = await startFakeHub({ files });
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  children = [];
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

/** A process of its own that pulls the model. */
function pullElsewhere(): ChildProcess {
  const options = JSON.stringify({ endpoint: hub.endpoint, cacheDir, token: false });
  const program = `import { pullModel } from "${built}"; await pullModel("${hub.id}", ${options});`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  children.push(child);
  return child;
}

const pullHere = () => pullModel(hub.id, { endpoint: hub.endpoint, cacheDir, token: false, logger: silentLogger });
const bodies = () => hub.seen.filter(({ at }) => at === "storage");

test("processes at once download every file once", async () => {
  hub.sendFile = ({ send }) => void setTimeout(send, 300);
  const exits = [pullElsewhere(), pullElsewhere()].map(async (child) => (await once(child, "exit"))[0]);
  const [here, ...codes] = await Promise.all([pullHere(), ...exits]);
  expect(codes).toEqual([0, 0]);
  expect(bodies()).toHaveLength(1);
  expect(sha256(readFileSync(join(here.folder, weights)))).toBe(etag);
});

test("what a killed process has received is gone on with, by the rest only", async () => {
  let isSent: () => void;
  const sent = new Promise<void>((resolve) => {
    isSent = resolve;
  });
  hub.sendFile = ({ file, response, content, send }) => {
    if (file !== weights) return send();
    response.writeHead(200, { "content-length": content.length, etag: `"${etag}"` });
    response.write(content.subarray(0, 100_000), () => isSent());
  };
  const child = pullElsewhere();
  await sent;
  const blobs = join(cacheDir, "models--acme--tiny-vl/blobs");
  const incomplete = join(blobs, `${etag}.incomplete`);
  while (!existsSync(incomplete) || statSync(incomplete).size < 100_000)
    await new Promise((next) => setTimeout(next, 20));
  child.kill("SIGKILL");
  await once(child, "exit");
  hub.sendFile = undefined;
  const { folder } = await pullHere();
  expect(bodies().at(-1)?.headers).toMatchObject({ range: "bytes=100000-", "if-range": `"${etag}"` });
  expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
  expect(readdirSync(blobs).every((name) => /^[\da-f]+$/.test(name))).toBe(true);
});

test("a lock is the kernel's: held by others it is waited for, and an abort ends the wait", async () => {
  const path = join(cacheDir, "locks/x.lock");
  const signal = new AbortController().signal;
  const held = await lockFile(path, { signal });
  const controller = new AbortController();
  const waiting = lockFile(path, { signal: controller.signal, onWait: () => setTimeout(() => controller.abort(), 50) });
  await expect(waiting).rejects.toMatchObject({ code: "aborted" });
  const next = lockFile(path, { signal, onWait: () => void held?.release() });
  await (await next)?.release();
  expect(held).toBeDefined();
});
