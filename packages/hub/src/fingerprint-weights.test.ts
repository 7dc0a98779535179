import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Checkpoint, FingerprintProgress } from "./checkpoint.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const dataBytes = 20_000_000;
const hour = 3600;
let folder: string;
let memoFolder: string;
let checkpoint: Checkpoint;
let file: string;

/** One tensor that spans several read chunks; `seed` decides its content. */
async function writeWeights(seed: number, modified: number): Promise<void> {
  const header = JSON.stringify({ w: { dtype: "U8", shape: [dataBytes], data_offsets: [0, dataBytes] } });
  const start = Buffer.alloc(8);
  start.writeUInt32LE(header.length);
  const data = Buffer.alloc(dataBytes);
  for (let index = 0; index < dataBytes; index += 997) data[index] = index * seed;
  await writeFile(file, Buffer.concat([start, Buffer.from(header), data]));
  await utimes(file, modified, modified);
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-hub-"));
  memoFolder = join(folder, "memo", "deep");
  file = join(folder, "model.safetensors");
  await writeWeights(1, hour);
  checkpoint = await openCheckpoint(folder);
});
afterEach(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true, force: true });
});

/** The fingerprint with the memo, and the byte counts that were reported. */
async function fingerprint(): Promise<{ value: string; reports: number[] }> {
  const reports: number[] = [];
  const onProgress = ({ doneBytes }: FingerprintProgress) => reports.push(doneBytes);
  return { value: await checkpoint.fingerprint({ memoFolder, onProgress }), reports };
}

test("is the hash of names, lengths and contents", async () => {
  const content = await readFile(file);
  const sha256 = createHash("sha256").update(content).digest("hex");
  const list = `ocellus weights 1\n["model.safetensors",${content.length},"${sha256}"]\n`;
  expect(await checkpoint.fingerprint()).toBe(createHash("sha256").update(list).digest("hex"));
});

test("one changed byte at the end changes it", async () => {
  const before = await checkpoint.fingerprint();
  const content = await readFile(file);
  content[content.length - 1]! ^= 1;
  await writeFile(file, content);
  expect(await checkpoint.fingerprint()).not.toBe(before);
});

test("progress ends at the total", async () => {
  const seen: FingerprintProgress[] = [];
  await checkpoint.fingerprint({ onProgress: (progress) => seen.push(progress) });
  const totalBytes = (await readFile(file)).length;
  expect(seen.length).toBeGreaterThan(2);
  expect(seen.at(-1)).toEqual({ doneBytes: totalBytes, totalBytes });
});

test("an unchanged file is not read again", async () => {
  const first = await fingerprint();
  const second = await fingerprint();
  expect(second.value).toBe(first.value);
  expect(first.reports.length).toBeGreaterThan(1);
  expect(second.reports).toHaveLength(1);
  expect(await readdir(memoFolder)).toEqual(["weight-hashes.json"]);
});

test("same length and modification time, other content: read again", async () => {
  const first = await fingerprint();
  await writeWeights(3, hour);
  const second = await fingerprint();
  expect(second.value).not.toBe(first.value);
  expect(second.value).toBe(await checkpoint.fingerprint());
});

test("a file that was just modified is not remembered", async () => {
  await utimes(file, Date.now() / 1000, Date.now() / 1000);
  await fingerprint();
  expect((await fingerprint()).reports.length).toBeGreaterThan(1);
});

test.each([
  "",
  "{",
  "null",
  "[]",
  '{"version":1}',
  '{"version":1,"files":{"x":null}}',
  '{"version":2,"files":{}}',
  "\xff",
])("a damaged memo %j counts as empty", async (content) => {
  const expected = (await fingerprint()).value;
  await writeFile(join(memoFolder, "weight-hashes.json"), content, "latin1");
  expect((await fingerprint()).value).toBe(expected);
  expect((await fingerprint()).reports).toHaveLength(1);
});

test("a memo entry of the right state but a wrong hash form is ignored", async () => {
  const expected = (await fingerprint()).value;
  const memo = join(memoFolder, "weight-hashes.json");
  await writeFile(memo, (await readFile(memo, "utf8")).replace(/"sha256": "[^"]+"/, '"sha256": "short"'));
  expect((await fingerprint()).value).toBe(expected);
});

test("a memo folder that cannot be written does no harm", async () => {
  await writeFile(join(folder, "occupied"), "");
  const value = await checkpoint.fingerprint({ memoFolder: join(folder, "occupied") });
  expect(value).toBe(await checkpoint.fingerprint());
});

test("concurrent writers leave one whole memo", async () => {
  const values = await Promise.all(Array.from({ length: 4 }, () => fingerprint()));
  expect(new Set(values.map(({ value }) => value)).size).toBe(1);
  expect(await readdir(memoFolder)).toEqual(["weight-hashes.json"]);
  expect((await fingerprint()).reports).toHaveLength(1);
});

test("an abort between chunks stops it", async () => {
  const controller = new AbortController();
  const reports: number[] = [];
  const hashing = checkpoint.fingerprint({
    memoFolder,
    signal: controller.signal,
    onProgress: ({ doneBytes }) => {
      reports.push(doneBytes);
      controller.abort();
    },
  });
  await expect(hashing).rejects.toSatisfy(AbortedError.isInstance);
  expect(reports.at(-1)).toBeLessThan(dataBytes);
});

test("a callback that throws ends it with that error", async () => {
  const onProgress = () => {
    throw new RangeError("mine");
  };
  await expect(checkpoint.fingerprint({ onProgress })).rejects.toThrow(RangeError);
});
