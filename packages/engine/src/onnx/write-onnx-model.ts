import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError } from "@ocellus/core";
import { type DataPiece, dataFileOf, dataPieces, type PieceWriter } from "./data-piece.ts";
import { checkDiskRoom } from "./disk-room.ts";
import { encodeModel } from "./encode-model.ts";
import { externalBytes, externalPlaces, totalExternalBytes } from "./external-bytes.ts";
import type { OnnxGraph } from "./onnx-graph.ts";
import { storageError } from "./storage-error.ts";
import { createPieceWriter } from "./write-piece.ts";

/** A file as it was written. */
export interface WrittenFile {
  /** Name inside the folder. */
  readonly name: string;
  readonly byteLength: number;
  /** The stretches in which it was written, in order and without a gap. */
  readonly pieces: readonly HashedPiece[];
}

/** A stretch of a file. */
export interface HashedPiece {
  readonly byteLength: number;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
}

/** How far the writing of models is. */
export interface WriteProgress {
  readonly writtenBytes: number;
  readonly totalBytes: number;
}

/** Where models are written. */
export interface WriteModelsOptions {
  /** An existing folder. */
  readonly folder: string;
  /** Write the weights at the same time, each a piece; default: this thread alone. */
  readonly writers?: readonly PieceWriter[] | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called after every chunk of a weight. */
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined;
}

/** Where and under which name a model is written. */
export interface WriteOnnxModelOptions extends Omit<WriteModelsOptions, "writers"> {
  /** The files are `<name>.onnx` and, when the graph has weights, `<name>.data`. */
  readonly name: string;
}

/**
 * Writes a graph as an ONNX model (operator sets ai.onnx 23 and com.microsoft 1) with its weights streamed into one
 * external data file, each starting on a page. Files of these names are replaced; when it fails, none is left behind.
 *
 * @throws ModelLoadError when the disk is full or may not be written, or a weight yields another number of bytes than
 *   its shape says
 * @throws AbortedError when `signal` is aborted
 */
export async function writeOnnxModel(
  graph: OnnxGraph,
  { name, ...options }: WriteOnnxModelOptions,
): Promise<readonly WrittenFile[]> {
  checkName(name);
  try {
    return await writeModels({ [name]: graph }, options);
  } catch (error) {
    const files = [modelFileOf(name), dataFileOf(name)];
    await Promise.all(files.map((file) => rm(join(options.folder, file), { force: true })));
    throw storageError(error, options.folder, () => externalBytes(graph));
  }
}

/**
 * Writes several graphs by their names like {@link writeOnnxModel}, with the file system's errors as they are; what is
 * written when it fails stays.
 */
export async function writeModels(
  graphs: Readonly<Record<string, OnnxGraph>>,
  options: WriteModelsOptions,
): Promise<readonly WrittenFile[]> {
  const { folder } = options;
  const named = Object.entries(graphs);
  for (const [name] of named) checkName(name);
  await checkDiskRoom(folder, totalExternalBytes(graphs));
  const withWeights = named.filter(([, { weights }]) => weights.length > 0);
  for (const [name] of withWeights) await (await open(join(folder, dataFileOf(name)), "w")).close();
  const hashes = await writePieces(graphs, options);
  const files: WrittenFile[] = [];
  for (const [name, graph] of withWeights) {
    await syncFile(join(folder, dataFileOf(name)));
    const pieces = [...hashes].filter(([piece]) => piece.graph === name);
    files.push({
      name: dataFileOf(name),
      byteLength: externalBytes(graph),
      pieces: pieces.map(([{ byteLength }, sha256]) => ({ byteLength, sha256 })),
    });
  }
  for (const [name, graph] of named) {
    const bytes = encodeModel(graph, dataFileOf(name), externalPlaces(graph));
    files.push(await writeFile(folder, modelFileOf(name), bytes));
  }
  return files;
}

/** Lets every writer take a piece as soon as it is free. Returns the pieces in the order of the files with their hashes. */
async function writePieces(
  graphs: Readonly<Record<string, OnnxGraph>>,
  { folder, writers = [createPieceWriter(graphs)], signal, onProgress }: WriteModelsOptions,
): Promise<ReadonlyMap<DataPiece, string>> {
  const pieces = dataPieces(graphs);
  // The largest (an output head takes seconds) first, so that the writers finish together.
  const queue = [...pieces].sort((one, other) => other.byteLength - one.byteLength);
  const totalBytes = totalExternalBytes(graphs);
  const written = new Map<DataPiece, number>();
  const hashes = new Map(pieces.map((piece) => [piece, ""]));
  let writtenBytes = 0;
  const report = (piece: DataPiece, bytes: number): void => {
    const more = bytes - (written.get(piece) ?? 0);
    if (more === 0) return;
    writtenBytes += more;
    written.set(piece, bytes);
    onProgress?.({ writtenBytes, totalBytes });
  };
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const work = async (writer: PieceWriter): Promise<void> => {
    for (;;) {
      const piece = queue.shift();
      if (piece === undefined) return;
      const onWritten = (bytes: number): void => report(piece, bytes);
      hashes.set(piece, await writer.write(piece, { folder, signal: either, onWritten }));
      // With the padding behind its last weight.
      report(piece, piece.byteLength);
    }
  };
  await allOrFirstError(writers.map(work), () => failed.abort());
  return hashes;
}

/** Waits until all works have ended; the first that fails stops the others, and its error is thrown. */
async function allOrFirstError(works: readonly Promise<void>[], stop: () => void): Promise<void> {
  const errors: unknown[] = [];
  const settle = (error: unknown): void => {
    errors.push(error);
    stop();
  };
  await Promise.all(works.map((work) => work.catch(settle)));
  if (errors.length > 0) throw errors[0];
}

async function writeFile(folder: string, name: string, bytes: Uint8Array): Promise<WrittenFile> {
  const handle = await open(join(folder, name), "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { name, byteLength: bytes.byteLength, pieces: [{ byteLength: bytes.byteLength, sha256 }] };
}

/** Waits until a file is on the disk. */
async function syncFile(path: string): Promise<void> {
  const handle = await open(path, "r+");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function modelFileOf(graph: string): string {
  return `${graph}.onnx`;
}

function checkName(name: string): void {
  if (/^[\w-][\w.-]*$/.test(name)) return;
  throw new InvalidArgumentError(`"${name}" is no name for a model file; use letters, digits, ".", "_" and "-".`);
}
