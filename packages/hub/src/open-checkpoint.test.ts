import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { AbortedError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Checkpoint } from "./checkpoint.ts";
import { openCheckpoint } from "./open-checkpoint.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const checkpoints = join(fixtures, "checkpoints");
type Digest = readonly [dtype: string, shape: readonly number[], sha256: string];
const reference: Record<string, Record<string, Digest>> = JSON.parse(
  readFileSync(join(fixtures, "hub/tensor-digests.json"), "utf8"),
).files;

/** Bytes of a safetensors file with this header; `length` lies about the header's length when given. */
function safetensors(header: unknown, data: number, length?: bigint): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(length ?? BigInt(json.length));
  return Buffer.concat([start, json, Buffer.alloc(data, 7)]);
}

const oneTensor = (name: string) => safetensors({ [name]: { dtype: "U8", shape: [4], data_offsets: [0, 4] } }, 4);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-hub-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function rejection(work: Promise<unknown>): Promise<Error> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
}

/** Writes files into the temporary folder and returns the error of opening it. */
async function failureOf(files: Record<string, string | Buffer>): Promise<Error> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  const error = await rejection(openCheckpoint(folder));
  expect(ModelLoadError.isInstance(error), String(error)).toBe(true);
  return error;
}

describe("checkpoints written by transformers", () => {
  test.each(["qwen2_5_vl", "qwen2_5_vl-bf16-sharded", "qwen2_5_vl-tied-window112"])(
    "%s holds what the reference reader sees",
    async (name) => {
      await using checkpoint = await openCheckpoint(join(checkpoints, name));
      const expected = new Map<string, readonly unknown[]>();
      for (const [file, tensors] of Object.entries(reference)) {
        if (!file.startsWith(`${name}/`)) continue;
        for (const [tensor, digest] of Object.entries(tensors)) expected.set(tensor, [file, ...digest]);
      }
      const actual = new Map<string, readonly unknown[]>();
      let weightBytes = 0;
      for (const tensor of checkpoint.tensors.values()) {
        const bytes = await checkpoint.readTensor(tensor);
        weightBytes += bytes.length;
        expect([bytes.byteOffset, bytes.buffer.byteLength]).toEqual([0, tensor.byteLength]);
        const file = relative(checkpoints, tensor.file).replaceAll("\\", "/");
        actual.set(tensor.name, [file, tensor.dtype, tensor.shape, createHash("sha256").update(bytes).digest("hex")]);
      }
      expect(expected.size).toBeGreaterThan(50);
      expect(actual).toEqual(expected);
      expect(checkpoint.weightBytes).toBe(weightBytes);
    },
  );

  test("an index total agrees with weightBytes", async () => {
    await using checkpoint = await openCheckpoint(join(checkpoints, "qwen2_5_vl-bf16-sharded"));
    const index = (await checkpoint.readJson("model.safetensors.index.json")) as { metadata: { total_size: number } };
    expect(checkpoint.weightBytes).toBe(index.metadata.total_size);
  });

  test("another weight file of the folder", async () => {
    const options = { weightsFile: "expected.safetensors" };
    await using arrays = await openCheckpoint(join(checkpoints, "qwen2_5_vl"), options);
    expect(arrays.tensors.get("batch-left-pad.logits")?.shape).toEqual([2, 672]);
  });

  test("a checkpoint in sub folders is one, its tensors named by folder", async () => {
    await using divided = await openCheckpoint(join(checkpoints, "nvila"));
    await using flat = await openCheckpoint(join(checkpoints, "nvila-flat"));
    expect(divided.parts).toEqual(["llm", "vision_tower", "mm_projector"]);
    expect(flat.parts).toEqual([]);
    const shapes = ({ tensors }: Checkpoint) => [...tensors].map(([name, { shape }]) => `${name} ${shape}`).sort();
    expect(shapes(divided)).toEqual(shapes(flat));
    const name = "mm_projector.layers.5.weight";
    expect(await divided.readTensor(divided.tensors.get(name)!)).toEqual(
      await flat.readTensor(flat.tensors.get(name)!),
    );
    expect(await divided.readJson("preprocessor_config.json")).toEqual(await flat.readJson("preprocessor_config.json"));
    expect(await divided.readJson("config.json")).toMatchObject({ model_type: "llava_llama" });
    expect(divided.has("no.json")).toBe(false);
  });

  test("the parts are read from config.json, and lose their files in a typed error", async () => {
    const empty = Buffer.from('{"llm_cfg":{},"a/b_cfg":{},"adapter":{}}');
    await mkdir(join(folder, "llm"));
    expect((await failureOf({ "config.json": empty })).message).toContain("has no weights");
    const index = { weight_map: { w: "model-00001-of-00001.safetensors" } };
    const files = { "llm/model.safetensors.index.json": JSON.stringify(index) };
    expect((await failureOf(files)).message).toMatch(/llm lacks 1 of 1 weight files/);
    expect((await failureOf({ "config.json": "{" })).message).toContain("config.json is not valid JSON");
  });

  test("a snapshot folder of the Hub cache, which links to its blobs", async () => {
    const blobs = join(folder, "blobs");
    const snapshot = join(folder, "snapshots", "abc");
    await cp(join(checkpoints, "qwen2_5_vl-bf16-sharded"), blobs, { recursive: true });
    await mkdir(snapshot, { recursive: true });
    for (const [index, name] of (await readdir(blobs)).entries()) {
      await rename(join(blobs, name), join(blobs, `${index}`));
      await symlink(join("..", "..", "blobs", `${index}`), join(snapshot, name));
    }
    await using checkpoint = await openCheckpoint(snapshot);
    await using original = await openCheckpoint(join(checkpoints, "qwen2_5_vl-bf16-sharded"));
    expect(checkpoint.has("config.json")).toBe(true);
    expect(await checkpoint.readJson("config.json")).toEqual(await original.readJson("config.json"));
    expect(await checkpoint.fingerprint()).toBe(await original.fingerprint());
  });
});

describe("naming the folder", () => {
  test("relative and home paths", async () => {
    await writeFile(join(folder, "model.safetensors"), oneTensor("w"));
    const relativePath = relative(process.cwd(), folder);
    const homePath = `~/${relative(homedir(), folder)}`;
    for (const path of [relativePath, homePath]) {
      await using checkpoint = await openCheckpoint(path);
      expect(checkpoint.folder).toBe(folder);
    }
  });

  test("a missing folder", async () => {
    expect((await rejection(openCheckpoint(join(folder, "absent")))).message).toContain(
      `${join(folder, "absent")} does`,
    );
  });

  test("a file instead of a folder", async () => {
    await writeFile(join(folder, "x"), "");
    expect((await rejection(openCheckpoint(join(folder, "x")))).message).toContain("is a file. Pass the folder");
  });

  test.each(["", "a\0b", 5, undefined])("not a path: %j", async (path) => {
    expect(InvalidArgumentError.isInstance(await rejection(openCheckpoint(path as string)))).toBe(true);
  });

  test("a weightsFile with a path", async () => {
    const error = await rejection(openCheckpoint(folder, { weightsFile: "../model.safetensors" }));
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  test("an aborted signal", async () => {
    await writeFile(join(folder, "model.safetensors"), oneTensor("w"));
    const reason = new Error("enough");
    const error = await rejection(openCheckpoint(folder, { signal: AbortSignal.abort(reason) }));
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(error.cause).toBe(reason);
  });
});

describe("finding the weights", () => {
  test("an empty folder names what was looked for", async () => {
    expect((await failureOf({})).message).toMatch(/neither model.safetensors nor model.safetensors.index.json/);
  });

  test.each([
    ["pytorch_model.bin", "save_pretrained"],
    ["model-q4_0.gguf", "GGUF weights are not supported"],
    ["model.onnx", "not supported"],
  ])("%s is named as unsupported", async (name, hint) => {
    const { message } = await failureOf({ [name]: "x" });
    expect(message).toContain(`Found ${name}`);
    expect(message).toContain(hint);
  });

  test("the Hub cache folder above the snapshots", async () => {
    await mkdir(join(folder, "snapshots"));
    await mkdir(join(folder, "refs"));
    expect((await failureOf({})).message).toContain("pass one of the folders in snapshots");
  });

  test("a missing shard is named", async () => {
    const index = JSON.stringify({ weight_map: { a: "m-1.safetensors", b: "m-2.safetensors" } });
    const files = { "model.safetensors.index.json": index, "m-1.safetensors": oneTensor("a") };
    expect((await failureOf(files)).message).toMatch(/lacks 1 of 2 weight files .*: m-2.safetensors/);
  });

  test.each([
    "../m.safetensors",
    "sub/m.safetensors",
    "sub\\m.safetensors",
    "/etc/passwd",
    "C:m",
    "..",
    ".",
    "",
    7,
    null,
  ])("an index that names %j is refused", async (file) => {
    const index = JSON.stringify({ weight_map: { a: file } });
    expect((await failureOf({ "model.safetensors.index.json": index })).message).toContain("only names of files");
  });

  test.each(["[]", "null", "{}", '{"weight_map":[]}', '{"weight_map":null}'])("an index %s", async (index) => {
    expect((await failureOf({ "model.safetensors.index.json": index })).message).toContain('no object "weight_map"');
  });

  test("a tensor that is not where the index says", async () => {
    const shards = { "m-1.safetensors": oneTensor("a"), "m-2.safetensors": oneTensor("b") };
    const index = (b: string, more = {}) => ({
      "model.safetensors.index.json": JSON.stringify({ weight_map: { a: "m-1.safetensors", b, ...more } }),
    });
    const more = { c: "m-2.safetensors" };
    expect((await failureOf({ ...shards, ...index("m-2.safetensors", more) })).message).toContain("no weight file");
    const wrong = index("m-1.safetensors", { a: "m-2.safetensors" });
    expect((await failureOf({ ...shards, ...wrong })).message).toMatch(/places tensor "a" in m-2.* but it is in .*m-1/);
  });

  test("a tensor in two shards", async () => {
    const index = JSON.stringify({ weight_map: { a: "m-1.safetensors", b: "m-2.safetensors" } });
    const pair = { dtype: "U8", shape: [1] };
    const second = { a: { ...pair, data_offsets: [0, 1] }, b: { ...pair, data_offsets: [1, 2] } };
    const files = { "m-1.safetensors": oneTensor("a"), "m-2.safetensors": safetensors(second, 2) };
    expect((await failureOf({ ...files, "model.safetensors.index.json": index })).message).toContain('"a" is in both');
  });

  test("a folder in place of the file", async () => {
    await mkdir(join(folder, "model.safetensors"));
    expect((await failureOf({})).message).toContain("is not a regular file");
  });

  test("a link whose target is gone", async () => {
    await symlink("../blobs/gone", join(folder, "model.safetensors"));
    expect((await failureOf({})).message).toContain("a link whose target is gone");
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("a file without permission", async () => {
    await writeFile(join(folder, "model.safetensors"), oneTensor("a"));
    await chmod(join(folder, "model.safetensors"), 0);
    expect((await failureOf({})).message).toContain("permission denied");
  });
});

describe("damaged weight files", () => {
  const u8 = (begin: number, end: number, shape: unknown = [end - begin]) => ({
    dtype: "U8",
    shape,
    data_offsets: [begin, end],
  });
  const cases: [what: string, file: string | Buffer, message: string][] = [
    ["empty", "", "has 0 bytes, at least 8"],
    ["shorter than the header length", "1234567", "has 7 bytes, at least 8"],
    ["a git-lfs pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n", "git lfs pull"],
    ["a huge header length", safetensors({}, 0, 2n ** 63n), "announces a header of 9223372036854775808 bytes"],
    ["a header beyond the limit", safetensors({}, 0, 100_000_001n), "at most 100000000 are allowed"],
    ["a header beyond the file", safetensors({}, 0, 50n), "header ends at byte 58, the file has 10"],
    ["an empty header", safetensors("", 0), "not valid UTF-8 JSON"],
    ["broken JSON", safetensors('{"a":', 0), "not valid UTF-8 JSON"],
    [
      "invalid UTF-8",
      Buffer.concat([safetensors("", 0, 4n), Buffer.from([0x22, 0xff, 0xfe, 0x22])]),
      "not valid UTF-8",
    ],
    ["deeply nested JSON", safetensors("[".repeat(200_000), 0), "not valid UTF-8 JSON"],
    ["a list as header", safetensors([], 0), "not a JSON object"],
    ["an entry that is no object", safetensors({ a: null }, 0), 'entry of tensor "a" is not an object'],
    ["an unknown dtype", safetensors({ a: { ...u8(0, 4), dtype: "Q4_0" } }, 4), 'unknown dtype "Q4_0"'],
    ["a dtype named like a method", safetensors({ a: { ...u8(0, 4), dtype: "toString" } }, 4), "unknown dtype"],
    ["a negative shape", safetensors({ a: u8(0, 4, [-2, -2]) }, 4), "the shape [-2,-2]"],
    ["a fractional shape", safetensors({ a: u8(0, 4, [1.5]) }, 4), "the shape [1.5]"],
    ["a shape that is no list", safetensors({ a: u8(0, 4, "4") }, 4), 'the shape "4"'],
    [
      "an unsafe shape",
      safetensors('{"a":{"dtype":"U8","shape":[9007199254740993],"data_offsets":[0,1]}}', 1),
      "shape",
    ],
    ["a shape that overflows", safetensors({ a: u8(0, 4, Array(40).fill(2 ** 52)) }, 4), "data_offsets span 4"],
    ["no shape", safetensors({ a: { dtype: "U8", data_offsets: [0, 4] } }, 4), "the shape undefined"],
    ["one offset", safetensors({ a: { ...u8(0, 4), data_offsets: [4] } }, 4), "data_offsets [4]"],
    ["offsets as text", safetensors({ a: { ...u8(0, 4), data_offsets: ["0", "4"] } }, 4), 'data_offsets ["0","4"]'],
    ["negative offsets", safetensors({ a: { ...u8(0, 4), data_offsets: [-4, 0] } }, 4), "data_offsets [-4,0]"],
    ["offsets in the wrong order", safetensors({ a: { ...u8(0, 4), data_offsets: [4, 0] } }, 4), "begins at 4, after"],
    ["too few bytes for the shape", safetensors({ a: u8(0, 4, [5]) }, 4), "needs 5 bytes, but its data_offsets span 4"],
    ["half a byte", safetensors({ a: { dtype: "F4", shape: [3], data_offsets: [0, 1] } }, 1), "needs 1.5 bytes"],
    ["overlapping tensors", safetensors({ a: u8(0, 4), b: u8(2, 6) }, 6), '"b" overlaps tensor "a"'],
    ["a hole", safetensors({ a: u8(0, 4), b: u8(5, 6) }, 6), '"b" leaves a hole after tensor "a"'],
    ["a hole at the start", safetensors({ a: u8(1, 4) }, 4), '"a" leaves a hole after the header'],
    ["trailing bytes", safetensors({ a: u8(0, 4) }, 6), "describes 65 bytes, but the file has 67"],
    [
      "a truncated file",
      safetensors({ a: u8(0, 4) }, 3),
      "is truncated: its header describes 65 bytes, the file has 64",
    ],
  ];
  test.each(cases)("%s", async (_, file, message) => {
    const error = await failureOf({ "model.safetensors": file });
    expect(error.message).toContain(message);
    expect(error.message).toContain(join(folder, "model.safetensors"));
    expect(error.message.length).toBeLessThan(1000);
  });

  test("a real file that lost its end", async () => {
    const file = join(folder, "model.safetensors");
    await cp(join(checkpoints, "qwen2_5_vl/model.safetensors"), file);
    await truncate(file, 1_000_000);
    const expected = "its header describes 1113008 bytes, the file has 1000000. Download it again.";
    expect((await failureOf({})).message).toContain(expected);
  });

  test("names that exist on every object, empty tensors, scalars and metadata are fine", async () => {
    const header = `{"__metadata__":{"format":"pt"},"__proto__":${JSON.stringify(u8(0, 1, []))},
      "constructor":${JSON.stringify(u8(1, 1, [0, 3]))},"z":${JSON.stringify(u8(1, 3))},"none":${JSON.stringify(u8(3, 3, [0]))}}`;
    await writeFile(join(folder, "model.safetensors"), safetensors(header, 3));
    await using checkpoint = await openCheckpoint(folder);
    expect([...checkpoint.tensors.keys()].sort()).toEqual(["__proto__", "constructor", "none", "z"]);
    expect(checkpoint.tensors.get("toString")).toBeUndefined();
    expect(await checkpoint.readTensor(checkpoint.tensors.get("constructor")!)).toHaveLength(0);
    expect(await checkpoint.readTensor(checkpoint.tensors.get("__proto__")!)).toEqual(Uint8Array.of(7));
    expect(checkpoint.weightBytes).toBe(3);
  });
});
