import { cp, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Folder of the recorded files, with a trailing slash. */
export const fixturesFolder: string = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));

/** A copy of a golden checkpoint that a test may damage. */
export interface ScratchCheckpoint {
  readonly folder: string;
  /** An empty cache folder of its own. */
  readonly cacheFolder: string;
  path(file: string): string;
  remove(file: string): Promise<void>;
  write(file: string, content: string | Uint8Array): Promise<void>;
  /** Changes a JSON file in place. */
  edit(file: string, change: (json: Record<string, unknown>) => unknown): Promise<void>;
  /** Changes the header of a safetensors file; the tensor bytes stay. */
  editHeader(file: string, change: (header: Record<string, unknown>) => unknown): Promise<void>;
  /** Flips all bits of one byte; from the end when negative. */
  flipByte(file: string, offset: number): Promise<void>;
  delete(): Promise<void>;
}

/** Copies a folder of fixtures/checkpoints (without the recorded numbers) into a folder for temporary files. */
export async function copyCheckpoint(name = "qwen2_5_vl"): Promise<ScratchCheckpoint> {
  const root = await mkdtemp(join(tmpdir(), "ocellus-scratch-"));
  const folder = join(root, "checkpoint");
  const filter = (source: string): boolean => !source.includes("expected.");
  await cp(`${fixturesFolder}checkpoints/${name}`, folder, { recursive: true, filter });
  const path = (file: string): string => join(folder, file);
  return {
    folder,
    cacheFolder: join(root, "cache"),
    path,
    remove: (file) => rm(path(file)),
    write: (file, content) => writeFile(path(file), content),
    edit: async (file, change) => {
      const json = JSON.parse(await readFile(path(file), "utf8"));
      await writeFile(path(file), JSON.stringify(change(json) ?? json));
    },
    editHeader: async (file, change) => {
      const bytes = await readFile(path(file));
      const end = 8 + Number(bytes.readBigUInt64LE(0));
      const header = JSON.parse(bytes.toString("utf8", 8, end));
      const json = Buffer.from(JSON.stringify(change(header) ?? header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(json.length));
      await writeFile(path(file), Buffer.concat([length, json, bytes.subarray(end)]));
    },
    flipByte: (file, offset) => flipByte(path(file), offset),
    delete: () => rm(root, { recursive: true, force: true }),
  };
}

/** Flips all bits of one byte of a file; from the end when `offset` is negative. */
export async function flipByte(path: string, offset: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    const place = offset < 0 ? (await file.stat()).size + offset : offset;
    const byte = new Uint8Array(1);
    await file.read(byte, 0, 1, place);
    byte[0]! ^= 0xff;
    await file.write(byte, 0, 1, place);
  } finally {
    await file.close();
  }
}
