import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InvalidArgumentError, ModelLoadError, type ProgressEvent } from "@ocellus/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { organizationId, secretKey, startFakePlatform, wireRun } from "../peers/fake-platform.mjs";
import { openRun, type RunSource } from "./open-run.ts";
import { makeRunJson, makeSafetensors, makeTar } from "./testing/make-tar.ts";

type Platform = Awaited<ReturnType<typeof startFakePlatform>>;
let folder: string;
let platform: Platform | null;

/** An archive of a model whose weights say which one it is. */
const archiveOf = (value: number, { adapter = false, padding = 0 } = {}): Buffer =>
  makeTar([
    { path: "model_full/", type: "5" },
    { path: "model_full/config.json", content: "{}" },
    { path: "model_full/run.json", content: makeRunJson() },
    { path: "model_full/padding.bin", content: Buffer.alloc(padding, 7) },
    { path: "model_full/model.safetensors", content: makeSafetensors(value) },
    ...(adapter ? [{ path: "model_adapter/adapter_config.json", content: `{"r":${value}}` }] : []),
  ]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-runs-"));
  platform = null;
  vi.stubEnv("HOME", folder);
  vi.stubEnv("USERPROFILE", folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await platform?.close();
  await rm(folder, { recursive: true });
});

async function start(
  archives: Readonly<Record<string, Buffer | null>>,
  onArchive?: (request: object, response: never, more: { attempt: number; send(options?: object): void }) => void,
): Promise<void> {
  const models = Object.entries(archives).map(([checkpoint, archive], epoch) => ({ checkpoint, epoch, archive }));
  platform = await startFakePlatform({ run1: { wire: wireRun("run1"), models } }, { onArchive } as never);
}
const source = (more: Partial<RunSource> = {}): RunSource => ({
  runId: "run1",
  savePath: folder,
  secretKey,
  organizationId,
  endpoint: platform!.endpoint,
  ...more,
});
const weight = async (modelFolder: string): Promise<number> =>
  (await readFile(join(modelFolder, "model.safetensors"))).readFloatLE(72);
const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error as Error);

test("downloads model and adapter once, tells its progress, and needs nobody afterwards", async () => {
  await start({ first: archiveOf(1), second: archiveOf(2, { adapter: true }) });
  const events: ProgressEvent[] = [];
  const run = await openRun(source(), { onProgress: (event) => events.push(event) });
  expect(run).toMatchObject({
    runId: "run1",
    checkpoint: "second",
    modelFolder: join(folder, "run1", "model_full"),
    adapterFolder: join(folder, "run1", "model_adapter"),
    settings: { task: "vqa" },
  });
  expect(await weight(run.modelFolder)).toBe(2);
  expect(events[0]).toMatchObject({ kind: "download", totalBytes: archiveOf(2, { adapter: true }).length });
  expect(events.some(({ kind }) => kind === "load")).toBe(true);
  expect((await readdir(join(folder, "run1"))).sort()).toEqual(["checkpoint.json", "model_adapter", "model_full"]);
  // The key goes to the platform only.
  const storage = platform!.requests.filter(({ path }: { path: string }) => path.startsWith("/storage"));
  expect(storage).toMatchObject([{ method: "GET", authorization: null, organization: null }]);
  await platform!.close();
  expect(await openRun({ runId: "run1", savePath: folder })).toEqual(run);
  platform = null;
});

test("every checkpoint has a place of its own", async () => {
  await start({ first: archiveOf(1), second: archiveOf(2) });
  const newest = await openRun(source());
  const first = await openRun(source({ checkpoint: "first" }));
  expect([await weight(newest.modelFolder), await weight(first.modelFolder)]).toEqual([2, 1]);
  expect(first.modelFolder).toBe(join(folder, "run1", "checkpoints", "first", "model_full"));
  const asked = platform!.requests.length;
  expect((await openRun(source({ checkpoint: "second" }))).modelFolder).toBe(newest.modelFolder);
  expect(platform!.requests).toHaveLength(asked);
});

test("a model that the Vi SDK has downloaded is taken; one that is not complete is fetched again", async () => {
  const model = join(folder, "run1", "model_full");
  await mkdir(model, { recursive: true });
  await writeFile(join(model, "model.safetensors"), makeSafetensors(9));
  expect(await openRun({ runId: "run1", savePath: folder })).toMatchObject({ checkpoint: null, settings: null });
  await writeFile(join(model, "model.safetensors"), makeSafetensors(9).subarray(0, 70));
  const error = await failure(openRun({ runId: "run1", savePath: folder }));
  expect(InvalidArgumentError.isInstance(error)).toBe(true);
  expect((error as Error).message).toContain("DATATURE_VI_SECRET_KEY");
  expect(((await failure(openRun({ runId: "run1", savePath: folder, offline: true }))) as Error).message).toContain(
    "not complete on this machine",
  );
  await start({ only: archiveOf(3) });
  expect(await weight((await openRun(source())).modelFolder)).toBe(3);
});

test("a cut download goes on, a changed file begins again, an expired address is renewed", async () => {
  const archive = archiveOf(4, { padding: 300_000 });
  await start(
    { only: archive },
    (_, response: { writeHead(status: number): { end(): void } } & never, { attempt, send }) => {
      if (attempt === 1) return send({ cutAfter: 100_000 });
      if (attempt === 2) return response.writeHead(403).end();
      send(attempt === 3 ? { cutAfter: 100_000 } : { etag: '"two"' });
    },
  );
  expect(await weight((await openRun(source())).modelFolder)).toBe(4);
  const asked = platform!.requests.filter(({ path }: { path: string }) => path.startsWith("/storage"));
  expect(asked.map(({ range }: { range: string }) => range)).toEqual([
    null,
    "bytes=100000-",
    "bytes=100000-",
    "bytes=200000-",
  ]);
});

test("overwrite replaces model and adapter together", async () => {
  await start({ only: archiveOf(5, { adapter: true }) });
  await openRun(source());
  await platform!.close();
  await start({ only: gzipSync(archiveOf(6)) });
  expect(await openRun(source())).toMatchObject({ adapterFolder: expect.any(String) });
  const renewed = await openRun(source({ overwrite: true }));
  expect([await weight(renewed.modelFolder), renewed.adapterFolder]).toEqual([6, null]);
});

test("a disk without room, an archive without a model, a damaged one: nothing is left half", async () => {
  await start({ only: archiveOf(1) }, (_, __, { send }) => send({ headers: { "content-length": 900e9 } }));
  const full = await failure(openRun(source()));
  expect(ModelLoadError.isInstance(full)).toBe(true);
  expect((full as Error).message).toMatch(/free; the model needs 1800\.0 GB/);
  await platform!.close();
  await start({ only: makeTar([{ path: "readme.txt", content: "no model" }]) });
  expect(((await failure(openRun(source()))) as Error).message).toContain("has no complete model");
  await platform!.close();
  await start({ only: archiveOf(1).subarray(0, -1_500) });
  expect(((await failure(openRun(source()))) as Error).message).toContain("ends too early");
  expect(await readdir(join(folder, "run1"))).not.toContain("model_full");
});

test("two calls at once download once", async () => {
  await start({ only: archiveOf(1) });
  const [one, two] = await Promise.all([openRun(source()), openRun(source())]);
  expect(one).toEqual(two);
  expect(platform!.requests.filter(({ path }: { path: string }) => path.startsWith("/storage"))).toHaveLength(1);
});

test("mistakes throw before anything is asked", async () => {
  await start({});
  const wrong: object[] = [{ runId: "../x" }, { runId: undefined }, { ckpt: "x" }, { overwrite: 1 }, { savePath: "" }];
  for (const more of wrong) {
    expect(InvalidArgumentError.isInstance(await failure(openRun(source(more))))).toBe(true);
  }
  expect(platform!.requests).toHaveLength(0);
});
