import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { GraphBuilder, type OnnxGraph } from "./graph-builder.ts";
import { type WriteProgress, writeOnnxModel } from "./write-onnx-model.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-write-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A graph with byte weights; each is given by its declared length and the chunks it yields. */
function graphOf(weights: Record<string, { length: number; chunks: () => Iterable<Uint8Array> }>): OnnxGraph {
  const graph = new GraphBuilder();
  for (const [name, { length, chunks }] of Object.entries(weights)) {
    const content = {
      type: "uint8",
      dims: [length],
      async *chunks() {
        yield* chunks();
      },
    } as const;
    graph.output(graph.weight(name, content), `${name}_out`, "uint8", [length]);
  }
  return graph.finish();
}

test("streams weights to pages of one file, reusing chunk buffers, and hashes its pieces while writing", async () => {
  // 20 MB in chunks of 3 MB through one buffer that the producer overwrites: crosses the writer's own buffers
  const large = Uint8Array.from({ length: 20_000_003 }, (_, index) => (index * 31 + (index >> 8)) & 255);
  const shared = new Uint8Array(3_000_000);
  const graph = graphOf({
    small: {
      length: 10,
      chunks: () => [Uint8Array.of(1, 2, 3), new Uint8Array(0), Uint8Array.of(4, 5, 6, 7, 8, 9, 10)],
    },
    empty: { length: 0, chunks: () => [] },
    large: {
      length: large.length,
      *chunks() {
        for (let start = 0; start < large.length; start += shared.length) {
          const part = large.subarray(start, start + shared.length);
          shared.set(part);
          yield shared.subarray(0, part.length);
        }
      },
    },
    // Behind enough for a piece of the file, which ends with the page.
    last: { length: 2, chunks: () => [Uint8Array.of(11, 12)] },
  });
  const seen: WriteProgress[] = [];
  const files = await writeOnnxModel(graph, { folder, name: "model", onProgress: (progress) => seen.push(progress) });
  expect(files.map(({ name }) => name)).toEqual(["model.data", "model.onnx"]);
  const data = await readFile(join(folder, "model.data"));
  const firstPiece = 4096 * Math.ceil((4096 + large.length) / 4096);
  const expected = new Uint8Array(firstPiece + 2);
  expected.set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expected.set(large, 4096);
  expected.set([11, 12], firstPiece);
  expect(data.equals(expected)).toBe(true);
  for (const file of files) {
    const content = await readFile(join(folder, file.name));
    expect(file.byteLength).toBe(content.length);
    const cut = file.name === "model.data" ? firstPiece : content.length;
    const stretches = [content.subarray(0, cut), content.subarray(cut)].filter(({ length }) => length > 0);
    expect(file.pieces).toEqual(
      stretches.map((stretch) => ({
        byteLength: stretch.length,
        sha256: createHash("sha256").update(stretch).digest("hex"),
      })),
    );
  }
  expect(seen.at(-1)).toEqual({ writtenBytes: expected.length, totalBytes: expected.length });
});

test.each([
  ["too few", [new Uint8Array(7)], /"w" \(uint8 \[10\], 10 bytes\) yielded only 7 bytes/],
  ["too many", [new Uint8Array(7), new Uint8Array(4)], /"w".*more than 10 bytes/],
] as const)("%s bytes of a weight are an error that names it, and nothing is left", async (_, chunks, message) => {
  const graph = graphOf({ w: { length: 10, chunks: () => chunks } });
  const written = writeOnnxModel(graph, { folder, name: "model" });
  await expect(written).rejects.toThrow(ModelLoadError);
  await expect(written).rejects.toThrow(message);
  expect(await readdir(folder)).toEqual([]);
});

test("an aborted signal stops between chunks and leaves nothing", async () => {
  const abort = new AbortController();
  let yielded = 0;
  const graph = graphOf({
    w: {
      length: 2 ** 40,
      *chunks() {
        for (; yielded < 1000; yielded++) {
          if (yielded === 3) abort.abort(new Error("enough"));
          yield new Uint8Array(1000);
        }
      },
    },
  });
  const smaller: OnnxGraph = {
    ...graph,
    weights: graph.weights.map((weight) => ({ ...weight, byteLength: 1_000_000 })),
  };
  const written = writeOnnxModel(smaller, { folder, name: "model", signal: abort.signal });
  await expect(written).rejects.toThrow(AbortedError);
  await expect(written).rejects.toMatchObject({ cause: { message: "enough" } });
  expect(yielded).toBeLessThan(5);
  expect(await readdir(folder)).toEqual([]);
});

test("too little room on the disk is found before anything is read", async () => {
  const graph = graphOf({
    w: {
      length: 2 ** 52,
      chunks: () => {
        throw new Error("read");
      },
    },
  });
  const written = writeOnnxModel(graph, { folder, name: "model" });
  await expect(written).rejects.toThrow(ModelLoadError);
  await expect(written).rejects.toThrow(/ENOSPC.*4500 TB.*cacheFolder.*OCELLUS_CACHE/);
});

test.skipIf(!existsSync("/dev/full"))(
  "a disk that fills up while writing is a typed error with the remedy",
  async () => {
    await symlink("/dev/full", join(folder, "model.data"));
    const graph = graphOf({ w: { length: 30_000_000, chunks: () => [new Uint8Array(30_000_000)] } });
    const written = writeOnnxModel(graph, { folder, name: "model" });
    await expect(written).rejects.toThrow(ModelLoadError);
    await expect(written).rejects.toThrow(/The disk is full \(ENOSPC\).*30 MB.*OCELLUS_CACHE/);
    expect(await readdir(folder)).toEqual([]);
  },
);

test("a missing folder and a name that leads elsewhere are errors", async () => {
  const graph = graphOf({ w: { length: 1, chunks: () => [new Uint8Array(1)] } });
  await expect(writeOnnxModel(graph, { folder, name: "../model" })).rejects.toThrow(InvalidArgumentError);
  await expect(writeOnnxModel(graph, { folder: join(folder, "none"), name: "model" })).rejects.toThrow(/ENOENT/);
});
