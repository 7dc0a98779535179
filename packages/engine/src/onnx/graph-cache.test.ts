import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GraphBuilder, type OnnxGraph } from "./graph-builder.ts";
import { obtainGraphs } from "./graph-cache.ts";

let root: string;
let folder: string;
let children: ChildProcessWithoutNullStreams[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ocellus-cache-"));
  folder = join(root, "graphs");
  children = [];
});
afterEach(async () => {
  for (const child of children) child.kill("SIGKILL");
  await chmod(folder, 0o755).catch(() => undefined);
  await rm(root, { recursive: true, force: true });
});

const weightBytes = 300_000;

/** A graph with one weight; `onChunk` runs before each third of it. */
function graph(seed: number, onChunk: () => void | Promise<void> = () => undefined): OnnxGraph {
  const builder = new GraphBuilder();
  const weight = builder.weight("w", {
    type: "uint8",
    dims: [weightBytes],
    async *chunks() {
      for (let part = 0; part < 3; part++) {
        await onChunk();
        yield Uint8Array.from({ length: weightBytes / 3 }, (_, index) => (index * seed + part) & 255);
      }
    },
  });
  builder.output(weight, "y", "uint8", [weightBytes]);
  return builder.finish();
}

const warnings: string[] = [];
const logger = { warn: (message: string): number => warnings.push(message) };
const obtain = (): ReturnType<typeof obtainGraphs> =>
  obtainGraphs({ folder, key: "key-1", graphs: () => ({ vision: graph(3), decoder: graph(5) }), logger });

/** All files of an entry except the manifest, by name. */
async function contents(entry: string): Promise<Record<string, string>> {
  const names = (await readdir(entry)).filter((name) => name !== "manifest.json").sort();
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(entry, name))).toString("base64")] as const),
    ),
  );
}

const leftOvers = async (): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith("."));

test("the first call writes, the second only looks", async () => {
  const seen: number[] = [];
  const first = await obtainGraphs({
    folder,
    key: "key-1",
    graphs: () => ({ vision: graph(3), decoder: graph(5) }),
    onProgress: ({ writtenBytes, totalBytes }) => {
      expect(totalBytes).toBe(2 * weightBytes);
      seen.push(writtenBytes);
    },
  });
  expect(first).toMatchObject({ folder: join(folder, "key-1"), rebuilt: true });
  expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((part) => part * 100_000));
  expect(Object.keys(await contents(first.folder))).toEqual([
    "decoder.data",
    "decoder.onnx",
    "vision.data",
    "vision.onnx",
  ]);
  const sizes = await Promise.all(
    ["decoder.data", "decoder.onnx", "vision.data", "vision.onnx"].map((name) => stat(join(first.folder, name))),
  );
  expect(first.bytes).toBe(sizes.reduce((sum, { size }) => sum + size, 0));
  const second = await obtainGraphs({
    folder,
    key: "key-1",
    graphs: () => {
      throw new Error("An intact entry must not be built again.");
    },
  });
  expect(second).toEqual({ ...first, rebuilt: false });
  expect(await readdir(folder)).toEqual(["key-1"]);
});

describe("damage is found and repaired", () => {
  const data = (entry: string): string => join(entry, "decoder.data");
  const manifest = (entry: string): string => join(entry, "manifest.json");
  const flip = async (path: string, offset: number): Promise<void> => {
    const handle = await open(path, "r+");
    const { buffer } = await handle.read(new Uint8Array(1), 0, 1, offset);
    await handle.write(Uint8Array.of(buffer[0]! ^ 1), 0, 1, offset);
    await handle.close();
  };
  const editManifest = async (entry: string, edit: (text: string) => string): Promise<void> =>
    writeFile(manifest(entry), edit(await readFile(manifest(entry), "utf8")));

  test.each<[string, (entry: string) => Promise<unknown>, RegExp | undefined]>([
    [
      "weights truncated",
      (entry) => truncate(data(entry), weightBytes - 1),
      /decoder\.data has 299999 bytes instead of 300000/,
    ],
    ["weights grown", (entry) => writeFile(data(entry), "x", { flag: "a" }), /300001 bytes/],
    ["one bit of the weights flipped", (entry) => flip(data(entry), 123_456), /decoder\.data has other content/],
    ["one bit of the graph flipped", (entry) => flip(join(entry, "vision.onnx"), 20), /vision\.onnx has other content/],
    [
      "one bit flipped and the time of change put back",
      async (entry) => {
        // whole seconds can be put back exactly
        await utimes(data(entry), 1_000_000, 1_000_000);
        expect((await obtain()).rebuilt).toBe(false);
        await flip(data(entry), 1);
        await utimes(data(entry), 1_000_000, 1_000_000);
      },
      /decoder\.data has other content/,
    ],
    [
      "replaced by another file of the same size",
      async (entry) => {
        await copyFile(join(entry, "vision.data"), join(root, "other"));
        await rename(join(root, "other"), data(entry));
      },
      /decoder\.data has other content/,
    ],
    ["weights deleted", (entry) => rm(data(entry)), /decoder\.data is missing/],
    ["weights replaced by a folder", (entry) => rm(data(entry)).then(() => mkdir(data(entry))), /is missing/],
    ["manifest deleted", (entry) => rm(manifest(entry)), /manifest is missing/],
    ["manifest empty", (entry) => writeFile(manifest(entry), ""), /unreadable/],
    ["manifest cut off", (entry) => truncate(manifest(entry), 200), /unreadable/],
    ["manifest of other JSON", (entry) => writeFile(manifest(entry), "[null]"), /unreadable/],
    ["manifest huge", (entry) => truncate(manifest(entry), 2 ** 31), /unreadable/],
    [
      "manifest that names files elsewhere",
      (entry) => editManifest(entry, (text) => text.replace("decoder.data", "../decoder.data")),
      /unreadable/,
    ],
    ["manifest of another key", (entry) => editManifest(entry, (text) => text.replace("key-1", "key-2")), /"key-2"/],
    [
      "entry is a file",
      async (entry) => {
        await rm(entry, { recursive: true });
        await writeFile(entry, "");
      },
      /no folder/,
    ],
    ["entry is an empty folder", (entry) => rm(entry, { recursive: true }).then(() => mkdir(entry)), /manifest/],
    // no damage, but not usable either: no warning
    [
      "written by another version",
      (entry) => editManifest(entry, (text) => text.replace(/"writerVersion": \d+/, '"writerVersion": 0')),
      undefined,
    ],
  ])("%s", async (_, damage, warning) => {
    const { folder: entry } = await obtain();
    const intact = await contents(entry);
    await damage(entry);
    warnings.length = 0;
    expect((await obtain()).rebuilt).toBe(true);
    expect(await contents(entry)).toEqual(intact);
    expect(warnings).toHaveLength(warning === undefined ? 0 : 1);
    if (warning !== undefined) expect(warnings[0]).toMatch(warning);
    expect(await readdir(folder)).toEqual(["key-1"]);
    expect((await obtain()).rebuilt).toBe(false);
  });
});

test("a moved or touched entry is verified once and then trusted again", async () => {
  const { folder: entry } = await obtain();
  const copy = join(root, "copy");
  await cp(entry, copy, { recursive: true });
  await rm(entry, { recursive: true });
  await rename(copy, entry);
  const recorded = await readFile(join(entry, "manifest.json"), "utf8");
  expect((await obtain()).rebuilt).toBe(false);
  const refreshed = await readFile(join(entry, "manifest.json"), "utf8");
  expect(refreshed).not.toBe(recorded);
  const { ino, mtimeNs } = await stat(join(entry, "decoder.data"), { bigint: true });
  expect(refreshed).toContain(`"inode": "${ino}"`);
  expect(refreshed).toContain(`"modifiedNs": "${mtimeNs}"`);
  expect((await obtain()).rebuilt).toBe(false);
  expect(await readFile(join(entry, "manifest.json"), "utf8")).toBe(refreshed);
});

test("abort and a failing weight leave neither an entry nor a temporary folder", async () => {
  const abort = new AbortController();
  const aborted = obtainGraphs({
    folder,
    key: "key-1",
    graphs: () => ({ vision: graph(3), decoder: graph(5, () => abort.abort()) }),
    signal: abort.signal,
  });
  await expect(aborted).rejects.toThrow(AbortedError);
  expect(await readdir(folder)).toEqual([]);
  const failing = (): never => {
    throw new ModelLoadError("The checkpoint is damaged.");
  };
  const failed = obtainGraphs({ folder, key: "key-1", graphs: () => ({ vision: graph(3, failing) }) });
  await expect(failed).rejects.toThrow("The checkpoint is damaged.");
  expect(await readdir(folder)).toEqual([]);
});

test("an abort while an entry is being verified is reported as such", async () => {
  const { folder: entry } = await obtain();
  await utimes(join(entry, "decoder.data"), 1, 1);
  const verified = obtainGraphs({ folder, key: "key-1", graphs: () => ({}), signal: AbortSignal.abort() });
  await expect(verified).rejects.toThrow(AbortedError);
  expect((await obtain()).rebuilt).toBe(false);
});

test("a key that leads elsewhere is refused", async () => {
  for (const key of ["../key", "a/b", "", ".", ".hidden", "x".repeat(201)]) {
    await expect(obtainGraphs({ folder, key, graphs: () => ({}) })).rejects.toThrow(InvalidArgumentError);
  }
});

test("a cache folder that cannot be made is a typed error with the remedy", async () => {
  await writeFile(join(root, "file"), "");
  const blocked = obtainGraphs({
    folder: join(root, "file", "graphs"),
    key: "k",
    graphs: () => ({ vision: graph(3) }),
  });
  await expect(blocked).rejects.toThrow(ModelLoadError);
  await expect(blocked).rejects.toThrow(/ENOTDIR.*300 kB.*file.graphs.*"cacheFolder".*OCELLUS_CACHE/);
});

test("too little room is found before anything is read, with the size of all graphs", async () => {
  const builder = new GraphBuilder();
  const weight = builder.weight("w", { type: "uint8", dims: [2 ** 51], chunks: () => expect.unreachable() });
  builder.output(weight, "y", "uint8", [2 ** 51]);
  const huge = builder.finish();
  const full = obtainGraphs({ folder, key: "k", graphs: () => ({ vision: huge, decoder: huge }) });
  await expect(full).rejects.toThrow(ModelLoadError);
  await expect(full).rejects.toThrow(/ENOSPC.*4500 TB in .*graphs\. /);
  expect(await readdir(folder)).toEqual([]);
});

describe.skipIf(process.platform === "win32")("a read-only cache folder", () => {
  /** Runs without the superuser's right to write everywhere. */
  async function asOrdinaryUser<Result>(work: () => Promise<Result>): Promise<Result> {
    if (process.getuid?.() !== 0) return work();
    process.seteuid!(65_534);
    try {
      return await work();
    } finally {
      process.seteuid!(0);
    }
  }

  test("gives what it holds, also when the files were touched, and a typed error for the rest", async () => {
    const { folder: entry } = await obtain();
    await utimes(join(entry, "decoder.data"), 1, 1);
    await chmod(root, 0o755);
    await chmod(entry, 0o555);
    await chmod(folder, 0o555);
    const again = await asOrdinaryUser(obtain);
    expect(again.rebuilt).toBe(false);
    const other = obtainGraphs.bind(undefined, { folder, key: "key-2", graphs: () => ({ vision: graph(3) }) });
    const refused = await asOrdinaryUser(() => other().catch((error: unknown) => error));
    expect(refused).toBeInstanceOf(ModelLoadError);
    expect((refused as Error).message).toMatch(/may not be written \(EACCES\).*300 kB.*"cacheFolder"/);
    await truncate(join(entry, "decoder.data"), 5);
    const damaged = await asOrdinaryUser(() => obtain().catch((error: unknown) => error));
    expect(damaged).toBeInstanceOf(ModelLoadError);
    await chmod(entry, 0o755);
  });
});

describe("several processes", () => {
  /** A process that builds the same entry; it says "started" at its first chunk and goes on when told to. */
  const program = `
    const { GraphBuilder } = await import(process.argv[1] + "graph-builder.js");
    const { obtainGraphs } = await import(process.argv[1] + "graph-cache.js");
    let told = new Promise((resolve) => process.stdin.once("data", resolve));
    const build = (seed) => {
      const builder = new GraphBuilder();
      const weight = builder.weight("w", { type: "uint8", dims: [${weightBytes}], async *chunks() {
        for (let part = 0; part < 3; part++) {
          if (part === 1) { console.log("started"); await told; }
          yield Uint8Array.from({ length: ${weightBytes / 3} }, (_, index) => (index * seed + part) & 255);
        }
      } });
      builder.output(weight, "y", "uint8", [${weightBytes}]);
      return builder.finish();
    };
    const result = await obtainGraphs({
      folder: process.argv[2], key: "key-1", graphs: () => ({ vision: build(3), decoder: build(5) }),
    });
    console.log(JSON.stringify(result));
    process.exit(0);
  `;
  // Another process cannot load TypeScript; it runs what the build made of these files.
  const built = new URL("../../dist/onnx/", import.meta.url).href;

  function start(): { child: ChildProcessWithoutNullStreams; line: (part: string) => Promise<string> } {
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, built, folder]);
    children.push(child);
    let output = "";
    let errors = "";
    child.stderr.on("data", (bytes: Buffer) => {
      errors += bytes;
    });
    child.stdout.on("data", (bytes: Buffer) => {
      output += bytes;
    });
    const line = async (part: string): Promise<string> => {
      for (;;) {
        const found = output.split("\n").find((text) => text.includes(part));
        if (found !== undefined) return found;
        if (child.exitCode !== null) throw new Error(`The process ended without "${part}": ${errors}`);
        await Promise.race([once(child.stdout, "data"), once(child, "close")]);
      }
    };
    return { child, line };
  }

  test("one that is killed while writing leaves nothing that counts, and is tidied up after", async () => {
    const { child, line } = start();
    await line("started");
    // Its lock and its folder.
    expect(await leftOvers()).toHaveLength(2);
    expect(await readdir(folder)).not.toContain("key-1");
    // While it lives, both are left alone.
    await obtainGraphs({ folder, key: "other", graphs: () => ({ vision: graph(3) }) });
    expect(await leftOvers()).toHaveLength(2);
    child.kill("SIGKILL");
    await once(child, "close");
    expect(await leftOvers()).toHaveLength(2);
    const { rebuilt, folder: entry } = await obtain();
    expect(rebuilt).toBe(true);
    expect((await readdir(folder)).sort()).toEqual(["key-1", "other"]);
    expect((await stat(join(entry, "vision.data"))).size).toBe(weightBytes);
  });

  test("a second one waits for the first and takes what it wrote; waiting can be aborted", async () => {
    const first = start();
    await first.line("started");
    const aborted = new AbortController();
    const stopped = obtainGraphs({
      folder,
      key: "key-1",
      graphs: () => ({ vision: graph(3) }),
      signal: aborted.signal,
    });
    const waiting = obtain();
    const built = await Promise.race([
      waiting.then(() => true),
      new Promise((resolve) => setTimeout(resolve, 600, false)),
    ]);
    expect(built).toBe(false);
    aborted.abort();
    await expect(stopped).rejects.toBeInstanceOf(AbortedError);
    first.child.stdin.write("go\n");
    const result = JSON.parse(await first.line("rebuilt"));
    expect(result).toMatchObject({ rebuilt: true, folder: join(folder, "key-1") });
    expect(await waiting).toMatchObject({ rebuilt: false, folder: join(folder, "key-1"), bytes: result.bytes });
    expect(await readdir(folder)).toEqual(["key-1"]);
  });

  test("a lock that nobody has touched for a minute does not hold anybody up", async () => {
    await mkdir(folder);
    const lock = join(folder, ".lock.key-1");
    await writeFile(lock, JSON.stringify({ host: "another-machine", pid: 1 }));
    const twoMinutesAgo = Date.now() / 1000 - 120;
    await utimes(lock, twoMinutesAgo, twoMinutesAgo);
    expect((await obtain()).rebuilt).toBe(true);
    expect(await leftOvers()).toEqual([]);
  });
});

test("very old temporary folders go, whoever made them; young ones of other machines stay", async () => {
  const old = join(folder, ".temporary.another-machine.1.aaaa");
  const young = join(folder, ".temporary.another-machine.1.bbbb");
  await mkdir(old, { recursive: true });
  await mkdir(young);
  const twoDaysAgo = Date.now() / 1000 - 2 * 86_400;
  await utimes(old, twoDaysAgo, twoDaysAgo);
  await obtain();
  expect((await readdir(folder)).sort()).toEqual([".temporary.another-machine.1.bbbb", "key-1"]);
});
