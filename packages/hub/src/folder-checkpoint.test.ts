import { mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, DisposedError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Checkpoint } from "./checkpoint.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import type { TensorInfo } from "./tensor-info.ts";

let folder: string;
let checkpoint: Checkpoint;
let tensor: TensorInfo;
const weights = "model.safetensors";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-hub-"));
  const header = JSON.stringify({
    a: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
    w: { dtype: "U8", shape: [3, 4], data_offsets: [2, 14] },
    z: { dtype: "U8", shape: [2], data_offsets: [14, 16] },
  });
  const start = Buffer.alloc(8);
  start.writeUInt32LE(header.length);
  const data = Buffer.from([90, 91, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 92, 93]);
  await writeFile(join(folder, weights), Buffer.concat([start, Buffer.from(header), data]));
  checkpoint = await openCheckpoint(folder);
  tensor = checkpoint.tensors.get("w")!;
});
afterEach(async () => {
  await checkpoint.close();
  await rm(folder, { recursive: true, force: true });
});

describe("reading tensors", () => {
  test("whole, a range, an empty range", async () => {
    expect([...(await checkpoint.readTensor(tensor))]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect([...(await checkpoint.readTensor(tensor, { start: 4, end: 8 }))]).toEqual([4, 5, 6, 7]);
    expect([...(await checkpoint.readTensor(tensor, { start: 10 }))]).toEqual([10, 11]);
    expect(await checkpoint.readTensor(tensor, { start: 12 })).toHaveLength(0);
  });

  test("into a buffer that is used again", async () => {
    const into = new Uint8Array(6).fill(255);
    const row = await checkpoint.readTensor(tensor, { start: 8, end: 12, into });
    expect(row.buffer).toBe(into.buffer);
    expect([...row]).toEqual([8, 9, 10, 11]);
    expect([...into]).toEqual([8, 9, 10, 11, 255, 255]);
    await expect(checkpoint.readTensor(tensor, { into })).rejects.toSatisfy(InvalidArgumentError.isInstance);
  });

  test("one row, blocking", () => {
    const row = new Uint8Array(4);
    checkpoint.readTensorBytesSync(tensor, 8, row);
    expect([...row]).toEqual([8, 9, 10, 11]);
  });

  test.each([
    [-1, 4],
    [0, 13],
    [5, 4],
    [0.5, 4],
    [Number.NaN, 4],
  ])("bytes %d to %d are outside", async (start, end) => {
    await expect(checkpoint.readTensor(tensor, { start, end })).rejects.toSatisfy(InvalidArgumentError.isInstance);
  });

  test("a blocking read may not leave the tensor either", () => {
    expect(() => checkpoint.readTensorBytesSync(tensor, 9, new Uint8Array(4))).toThrow(/Bytes 9 to 13 are not inside/);
  });

  test("a tensor of another file", async () => {
    const foreign = { ...tensor, file: "/etc/hostname" };
    await expect(checkpoint.readTensor(foreign)).rejects.toThrow(/does not belong to/);
  });

  test("a file that became shorter", async () => {
    await truncate(join(folder, weights), tensor.byteOffset + 5);
    const error = await checkpoint.readTensor(tensor).catch((thrown: unknown) => thrown);
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(String(error)).toContain(`ends at byte ${tensor.byteOffset + 5}, but ${tensor.byteOffset + 12} are needed`);
    expect(() => checkpoint.readTensorBytesSync(tensor, 0, new Uint8Array(12))).toThrow(/ends at byte/);
  });

  test("an aborted signal", async () => {
    const reading = checkpoint.readTensor(tensor, { signal: AbortSignal.abort() });
    await expect(reading).rejects.toSatisfy(AbortedError.isInstance);
  });
});

describe("reading files of the folder", () => {
  test("text without its byte order mark, JSON, a sub folder", async () => {
    await mkdir(join(folder, "llm"));
    await writeFile(join(folder, "llm/config.json"), '\uFEFF{"é":[1]}');
    expect(checkpoint.has("llm/config.json")).toBe(true);
    expect(await checkpoint.readText("llm/config.json")).toBe('{"é":[1]}');
    expect(await checkpoint.readJson("llm/config.json")).toEqual({ é: [1] });
  });

  test("has() is about files only", () => {
    expect(checkpoint.has(weights)).toBe(true);
    for (const name of ["config.json", "", ".", "..", "a\0b", `${weights}/x`]) expect(checkpoint.has(name)).toBe(false);
  });

  test.each(["../secret", "a/../../secret", "/etc/hostname", "C:\\x", "a\\..\\b", "a//b", "./a", ""])(
    "%j leaves the folder",
    async (name) => {
      expect(checkpoint.has(name)).toBe(false);
      await expect(checkpoint.readText(name)).rejects.toSatisfy(InvalidArgumentError.isInstance);
    },
  );

  test("missing, too long, not UTF-8", async () => {
    await expect(checkpoint.readText("config.json")).rejects.toThrow(/config.json cannot be opened: it does not exist/);
    await writeFile(join(folder, "long.txt"), "12345");
    await expect(checkpoint.readText("long.txt", { maxBytes: 4 })).rejects.toThrow(/has 5 bytes; at most 4 are read/);
    await writeFile(join(folder, "latin1.txt"), Buffer.from([0xe9]));
    await expect(checkpoint.readText("latin1.txt")).rejects.toThrow(/latin1.txt is not valid UTF-8/);
  });

  test("a JSON syntax error names file, line and column", async () => {
    await writeFile(join(folder, "config.json"), '{\n  "a": 1,\n  "b": }\n');
    const message = `${join(folder, "config.json")} is not valid JSON: unexpected "}" at line 3, column 8.`;
    await expect(checkpoint.readJson("config.json")).rejects.toThrow(message);
    await writeFile(join(folder, "config.json"), '{"a": [1,\n2');
    await expect(checkpoint.readJson("config.json")).rejects.toThrow(/unexpected end of the file at line 2, column 2/);
  });
});

test("unknown options throw everywhere", async () => {
  const wrong = { strat: 1 } as object;
  const calls = [
    openCheckpoint(folder, wrong),
    checkpoint.readText(weights, wrong),
    checkpoint.readJson(weights, wrong),
    checkpoint.readTensor(tensor, wrong),
    checkpoint.fingerprint(wrong),
  ];
  for (const result of await Promise.allSettled(calls)) {
    expect(result.status === "rejected" && InvalidArgumentError.isInstance(result.reason)).toBe(true);
  }
});

describe("closing", () => {
  test("twice, and every reading method afterwards", async () => {
    await checkpoint.close();
    await checkpoint.close();
    await checkpoint[Symbol.asyncDispose]();
    await expect(checkpoint.readTensor(tensor)).rejects.toSatisfy(DisposedError.isInstance);
    await expect(checkpoint.readText("config.json")).rejects.toSatisfy(DisposedError.isInstance);
    await expect(checkpoint.fingerprint()).rejects.toSatisfy(DisposedError.isInstance);
    expect(() => checkpoint.readTensorBytesSync(tensor, 0, new Uint8Array(1))).toThrow(/is closed/);
  });

  test("while something is read", async () => {
    const reading = checkpoint.readTensor(tensor).catch((thrown: unknown) => thrown);
    const hashing = checkpoint.fingerprint().catch((thrown: unknown) => thrown);
    await checkpoint.close();
    for (const result of [await reading, await hashing]) {
      if (result instanceof Error) expect(DisposedError.isInstance(result), String(result)).toBe(true);
    }
  });
});
