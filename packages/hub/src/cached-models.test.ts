import { existsSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelLoadError, type ProgressEvent, silentLogger } from "@ocellus/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { lockFile } from "./cache/file-lock.ts";
import type { HubOptions } from "./hub-options.ts";
import { listModels } from "./list-models.ts";
import { pullModel } from "./pull-model.ts";
import { removeModel } from "./remove-model.ts";
import { type FakeHub, mainCommit, sha256, startFakeHub } from "./testing/fake-hub.ts";
import { neededFiles, tinyModel } from "./testing/tiny-model.ts";
import { verifyModel } from "./verify-model.ts";

const weights = "model.safetensors";
const second = "2".repeat(40);
let files: Record<string, Buffer>;
let cacheDir: string;
let hub: FakeHub;
let model: string;
let options: HubOptions;
const bytesOf = (names: readonly string[]): number => names.reduce((sum, name) => sum + files[name]!.length, 0);
const etag = (): string => sha256(files[weights]!);

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "ocellus-cache-"));
  files = tinyModel(5_000);
  hub = await startFakeHub({ files });
  model = join(cacheDir, "models--acme--tiny-vl");
  options = { endpoint: hub.endpoint, cacheDir, token: false, maxRetryDelayMs: 5, logger: silentLogger };
  await pullModel(hub.id, options);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

/** A second revision that shares everything but one file with the first. */
async function pullSecond(): Promise<void> {
  hub.refs.v2 = second;
  files["config.json"] = Buffer.from('{"model_type":"other"}');
  await pullModel(hub.id, { ...options, revision: "v2" });
}

test("lists models with sizes, revisions and what is missing; nothing else in the folder matters", async () => {
  const before = bytesOf(neededFiles);
  await pullSecond();
  await writeFile(join(cacheDir, "datasets--acme--x"), "");
  await writeFile(join(model, "blobs", `${"c".repeat(64)}.incomplete`), "12345");
  await rm(join(model, "snapshots", second, "tokenizer.json"));
  const [first, ...others] = await listModels({ cacheDir });
  expect(others).toEqual([]);
  expect(first).toMatchObject({
    id: hub.id,
    folder: model,
    bytes: before + files["config.json"]!.length,
    incompleteBytes: 5,
  });
  expect(first?.revisions).toMatchObject([
    { commit: mainCommit, refs: ["main"], files: neededFiles.length, bytes: before, missing: [] },
    { commit: second, refs: ["v2"], files: neededFiles.length - 1, missing: ["tokenizer.json"] },
  ]);
  expect(await listModels({ cacheDir: join(cacheDir, "nowhere") })).toEqual([]);
});

test("removes one revision without what others use, then everything", async () => {
  await pullSecond();
  const removed = await removeModel(hub.id, { cacheDir, revision: "v2" });
  expect(removed).toEqual({ id: hub.id, commits: [second], freedBytes: files["config.json"]!.length, busy: 0 });
  expect((await verifyModel(hub.id, options)).damaged).toEqual([]);
  expect(readdirSync(join(model, "refs"))).toEqual(["main"]);
  const rest = await removeModel(hub.id, { cacheDir });
  expect(rest.commits).toEqual([mainCommit]);
  expect(existsSync(model)).toBe(false);
  const again = await removeModel(hub.id, { cacheDir }).catch((error: unknown) => error);
  expect(ModelLoadError.isInstance(again) && again.message).toMatch(/is not in the cache/);
});

test("content that another process holds is left to it", async () => {
  const path = join(cacheDir, ".locks/models--acme--tiny-vl", `${etag()}.lock`);
  const lock = await lockFile(path, { signal: new AbortController().signal });
  const removed = await removeModel(hub.id, { cacheDir });
  expect(removed.busy).toBe(1);
  expect(readdirSync(join(model, "blobs"))).toEqual([etag()]);
  await lock?.release();
});

test("verification names damaged and missing files; a repair downloads them again", async () => {
  expect(await verifyModel(hub.id, options)).toMatchObject({
    commits: [mainCommit],
    files: neededFiles.length,
    bytes: bytesOf(neededFiles),
    damaged: [],
    unknown: [],
  });
  const blob = join(model, "blobs", etag());
  const flipped = Buffer.from(files[weights]!);
  flipped[2_000]! ^= 1;
  await chmod(blob, 0o644);
  await writeFile(blob, flipped);
  const snapshot = join(model, "snapshots", mainCommit);
  await rm(join(snapshot, "tokenizer.json"));
  await unlink(join(snapshot, "config.json"));
  await symlink("../../blobs/nothing", join(snapshot, "config.json"));
  const { damaged } = await verifyModel(hub.id, { ...options, offline: true });
  expect(damaged.map(({ path, problem }) => `${path} ${problem}`)).toEqual([
    "config.json is a link to nothing",
    `${weights} has the hash ${sha256(flipped)} in place of ${etag()}`,
    "tokenizer.json is missing",
  ]);
  const fractions: number[] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.kind === "load") fractions.push(event.fraction);
  };
  const repaired = await verifyModel(hub.id, { ...options, repair: true, onProgress });
  expect(repaired).toMatchObject({ damaged: [], files: neededFiles.length });
  expect(fractions.at(-1)).toBe(1);
});

test("a link to the content of another file is told and mended; that content stays", async () => {
  const snapshot = join(model, "snapshots", mainCommit);
  const wrong = join(snapshot, "config.json");
  await unlink(wrong);
  await symlink(`../../blobs/${etag()}`, wrong);
  const { damaged } = await verifyModel(hub.id, options);
  expect(damaged.map(({ path, problem }) => `${path} ${problem}`)).toEqual(["config.json is a link to other content"]);
  expect((await verifyModel(hub.id, { ...options, repair: true })).damaged).toEqual([]);
  expect(hub.seen.filter(({ at }) => at === "storage")).toHaveLength(1);
});

test("a snapshot without links is listed, verified, repaired and removed too", async () => {
  await removeModel(hub.id, { cacheDir });
  vi.stubEnv("HF_HUB_DISABLE_SYMLINKS", "1");
  const { folder } = await pullModel(hub.id, options);
  await writeFile(join(folder, "tokenizer.json"), "x");
  expect((await verifyModel(hub.id, options)).damaged.map(({ path }) => path)).toEqual(["tokenizer.json"]);
  expect((await verifyModel(hub.id, { ...options, repair: true })).damaged).toEqual([]);
  expect((await listModels({ cacheDir }))[0]?.bytes).toBe(bytesOf(neededFiles));
  expect((await removeModel(hub.id, { cacheDir })).freedBytes).toBe(bytesOf(neededFiles));
});
