import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFile } from "../src/cache/file-lock.ts";
import { listModels } from "../src/list-models.ts";
import { pullModel } from "../src/pull-model.ts";
import { removeModel } from "../src/remove-model.ts";
import { type FakeHub, mainCommit, sha256, startFakeHub } from "../src/testing/fake-hub.ts";
import { neededFiles, tinyModel } from "../src/testing/tiny-model.ts";
import { verifyModel } from "../src/verify-model.ts";

const python = process.env.PEER_PYTHON!;
const weights = "model.safetensors";
const files = tinyModel();
const etag = sha256(files[weights]!);
const patterns = JSON.stringify(["*.json", "*.jinja", "*.safetensors"]);
let cacheDir: string;
let hub: FakeHub;
let snapshot: string;
let lockPath: string;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "ocellus-peer-"));
  hub = await startFakeHub({ files, pageSize: 4 });
  snapshot = join(cacheDir, "models--acme--tiny-vl/snapshots", mainCommit);
  lockPath = join(cacheDir, ".locks/models--acme--tiny-vl", `${etag}.lock`);
});
afterEach(async () => {
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

interface Answer {
  /** What the program printed last, parsed. */
  readonly result: unknown;
  readonly code: number | null;
}

/** Starts a Python program that knows `repo`, `patterns` and everything of huggingface_hub. */
function startPython(program: string): { readonly child: ChildProcess; readonly ended: Promise<Answer> } {
  const head = `import json\nfrom huggingface_hub import *\nrepo = "${hub.id}"\npatterns = ${patterns}\n`;
  const env = { PATH: process.env.PATH, HF_ENDPOINT: hub.endpoint, HF_HUB_CACHE: cacheDir, HF_HOME: cacheDir };
  const child = spawn(python, ["-c", head + program], { env, stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const ended = once(child, "close").then(([code]) => {
    const last = output.trim().split("\n").at(-1) ?? "";
    return { result: last === "" ? undefined : JSON.parse(last), code };
  });
  return { child, ended };
}

const runPython = (program: string): Promise<Answer> => startPython(program).ended;
const pull = (offline = false) =>
  pullModel(hub.id, { endpoint: hub.endpoint, cacheDir, token: false, offline, logger: silentLogger });
const bodies = () => hub.seen.filter(({ at, method }) => at === "storage" && method === "GET");

test("ours reads what Python downloaded, without asking for any file again", async () => {
  const { result } = await runPython("print(json.dumps(snapshot_download(repo, allow_patterns=patterns)))");
  expect(result).toBe(snapshot);
  expect(await pull(true)).toMatchObject({ folder: snapshot, isCached: true });
  hub.seen.length = 0;
  expect((await pull()).isCached).toBe(true);
  // The list of files is asked for where Python has kept none.
  expect(hub.seen.filter(({ path }) => path.includes("/resolve/"))).toEqual([]);
  const verified = await verifyModel(hub.id, { cacheDir });
  expect(verified).toMatchObject({ damaged: [], unknown: [] });
  expect(verified.files).toBeGreaterThanOrEqual(neededFiles.length);
});

test("ours adds what Python's patterns left out", async () => {
  await runPython('snapshot_download(repo, allow_patterns=["config.json", "*.safetensors"])');
  hub.seen.length = 0;
  await pull();
  expect(readdirSync(snapshot).sort()).toEqual(neededFiles);
  expect(bodies()).toHaveLength(0);
});

test("Python reads what ours downloaded, offline too, and finds the cache in order", async () => {
  await pull();
  hub.seen.length = 0;
  const { result } = await runPython(`
scan = scan_cache_dir()
[info] = scan.repos
[revision] = info.revisions
print(json.dumps({
    "folder": snapshot_download(repo, local_files_only=True),
    "file": hf_hub_download(repo, "config.json", local_files_only=True),
    "absent": try_to_load_from_cache(repo, "processor_config.json") is _CACHED_NO_EXIST,
    "warnings": [str(warning) for warning in scan.warnings],
    "bytes": info.size_on_disk,
    "refs": sorted(revision.refs),
    "files": sorted(file.file_name for file in revision.files),
}))`);
  const bytes = neededFiles.reduce((sum, file) => sum + files[file]!.length, 0);
  expect(result).toEqual({
    folder: snapshot,
    file: join(snapshot, "config.json"),
    absent: true,
    warnings: [],
    bytes,
    refs: ["main"],
    files: neededFiles,
  });
  // Python asks for its list of agents whatever it does.
  expect(hub.seen.filter(({ path }) => path !== "/api/agent-harnesses")).toEqual([]);
  await runPython("snapshot_download(repo, allow_patterns=patterns)");
  expect(bodies()).toHaveLength(0);
});

test("both at once on one cache: every file is downloaded once, by either", async () => {
  hub.sendFile = ({ send }) => void setTimeout(send, 1_500);
  const [here, there] = await Promise.all([
    pull(),
    runPython("print(json.dumps(snapshot_download(repo, allow_patterns=patterns)))"),
  ]);
  expect(there).toEqual({ result: here.folder, code: 0 });
  expect(bodies()).toHaveLength(1);
  expect(sha256(readFileSync(join(here.folder, weights)))).toBe(etag);
  expect((await verifyModel(hub.id, { cacheDir })).damaged).toEqual([]);
});

test("one lock: Python's is waited for, and Python waits for ours", async () => {
  const hold = `
import time
from huggingface_hub.utils import WeakFileLock
from pathlib import Path
Path("${lockPath}").parent.mkdir(parents=True)
with WeakFileLock("${lockPath}"):
    Path("${cacheDir}/held").touch()
    while not Path("${cacheDir}/release").exists(): time.sleep(0.05)
print("true")`;
  const holder = startPython(hold);
  while (!existsSync(join(cacheDir, "held"))) await new Promise((next) => setTimeout(next, 50));
  const { signal } = new AbortController();
  let waited = false;
  const lock = await lockFile(lockPath, {
    signal,
    onWait: () => {
      waited = true;
      // A killed holder leaves no lock either.
      holder.child.kill("SIGKILL");
    },
  });
  expect(waited).toBe(true);
  const attempt = `
from filelock import FileLock, Timeout
try:
    FileLock("${lockPath}").acquire(timeout=0.5)
    print('"got it"')
except Timeout:
    print('"busy"')`;
  expect((await runPython(attempt)).result).toBe("busy");
  await lock?.release();
  expect((await runPython(attempt)).result).toBe("got it");
});

test("what ours has received is gone on with by Python's client as far as it resumes, and is right in the end", async () => {
  hub.sendFile = ({ file, response, content, send }) => {
    if (file !== weights) return send();
    response.writeHead(200, { "content-length": content.length, etag: `"${etag}"` });
    response.write(content.subarray(0, 100_000), () => setTimeout(() => response.destroy(), 100));
  };
  await expect(pullModel(hub.id, { endpoint: hub.endpoint, cacheDir, token: false, attempts: 1 })).rejects.toThrow();
  hub.sendFile = undefined;
  await runPython("snapshot_download(repo, allow_patterns=patterns)");
  expect(sha256(readFileSync(join(snapshot, weights)))).toBe(etag);
  expect((await pull()).isCached).toBe(true);
});

test("either removes what the other has downloaded", async () => {
  await pull();
  await runPython(`scan_cache_dir().delete_revisions("${mainCommit}").execute()`);
  expect(await listModels({ cacheDir })).toEqual([]);
  await runPython("snapshot_download(repo)");
  expect((await removeModel(hub.id, { cacheDir })).busy).toBe(0);
  const { result } = await runPython("print(json.dumps(len(scan_cache_dir().repos)))");
  expect(result).toBe(0);
});
