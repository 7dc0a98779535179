import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { AbortedError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeTar, type TarContent } from "../testing/make-tar.ts";
import { extractArchive } from "./extract-archive.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-tar-"));
  await mkdir(join(folder, "out"));
});
afterEach(async () => await rm(folder, { recursive: true }));

const extract = (archive: string, more: object = {}) =>
  extractArchive(archive, join(folder, "out"), { maxBytes: 1e9, ...more });
async function extractBytes(bytes: Uint8Array, more: object = {}): Promise<void> {
  await writeFile(join(folder, "archive"), bytes);
  await extract(join(folder, "archive"), more);
}
const read = (path: string) => readFile(join(folder, "out", path), "utf8");
const failure = async (bytes: Uint8Array, more: object = {}): Promise<Error> =>
  await extractBytes(bytes, more).then(
    () => new Error("extracted"),
    (error: Error) => error,
  );

test.each(["pax", "gnu"])("archives of Python's tarfile, %s format", async (format) => {
  await extract(fileURLToPath(new URL(`../../../../fixtures/datature/${format}.tar.gz`, import.meta.url)));
  expect(await read("model_full/run.json")).toBe('{"spec":{}}');
  expect(await read(`model_full/${"long-name-".repeat(15)}/ünïcode.txt`)).toBe("grüß");
  expect(await read("model_adapter/adapter_config.json")).toBe("x".repeat(700));
  expect(await read("empty.txt")).toBe("");
});

test("entries that lead elsewhere, links and special files are refused", async () => {
  const entries: TarContent[] = [
    { path: "../evil" },
    { path: "/etc/evil" },
    { path: "a/../../evil" },
    { path: "a\\..\\evil" },
    { path: "C:evil" },
    { path: "a//b" },
    ...["1", "2", "3", "6"].map((type) => ({ path: "link", type })),
  ];
  for (const entry of entries) {
    const error = await failure(makeTar([entry]));
    expect(ModelLoadError.isInstance(error), entry.path).toBe(true);
    expect(error.message).toContain("was not extracted");
  }
});

test("damaged, cut off, too large, of another compression, aborted", async () => {
  const good = makeTar([{ path: "a.txt", content: "x".repeat(2_000) }]);
  const bent = Buffer.from(good);
  bent[0]! ^= 1;
  const cases: [Uint8Array, string, object?][] = [
    [bent, "is no tar archive, or is damaged"],
    [good.subarray(0, 1_000), "ends too early"],
    [gzipSync(good).subarray(0, 60), "is damaged (gzip)"],
    [Buffer.from("fd377a585a0000", "hex"), "compressed by xz"],
    [Buffer.from("random bytes that are no archive".repeat(40)), "no tar archive"],
    [good, "more than 100 bytes", { maxBytes: 100 }],
  ];
  for (const [bytes, part, more] of cases) {
    const error = await failure(bytes, more);
    expect(ModelLoadError.isInstance(error), part).toBe(true);
    expect(error.message).toContain(part);
  }
  expect(AbortedError.isInstance(await failure(good, { signal: AbortSignal.abort() }))).toBe(true);
});
