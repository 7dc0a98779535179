import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { checkDiskRoom } from "./disk-room.ts";
import { encodeModel } from "./encode-model.ts";
import { externalBytes, externalPlaces } from "./external-bytes.ts";
import { ExternalDataFile } from "./external-data-file.ts";
import type { GraphWeight, OnnxGraph } from "./onnx-graph.ts";
import { storageError } from "./storage-error.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

/** A file as it was written. */
export interface WrittenFile {
  /** Name inside the folder. */
  readonly name: string;
  readonly byteLength: number;
  /** SHA-256 of the content, hexadecimal. */
  readonly sha256: string;
}

/** How far the writing of a model is. */
export interface WriteProgress {
  readonly writtenBytes: number;
  readonly totalBytes: number;
}

/** Where and under which name a model is written. */
export interface WriteOnnxModelOptions {
  /** An existing folder. */
  readonly folder: string;
  /** The files are `<name>.onnx` and, when the graph has weights, `<name>.data`. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
  /** Called after every piece of a weight. */
  readonly onProgress?: ((progress: WriteProgress) => void) | undefined;
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
  options: WriteOnnxModelOptions,
): Promise<readonly WrittenFile[]> {
  try {
    return await writeModelFiles(graph, options);
  } catch (error) {
    throw storageError(error, options.folder, () => externalBytes(graph));
  }
}

/** {@link writeOnnxModel} with the file system's errors as they are, for callers that write more than one model. */
export async function writeModelFiles(
  graph: OnnxGraph,
  options: WriteOnnxModelOptions,
): Promise<readonly WrittenFile[]> {
  const { folder, name } = options;
  if (!/^[\w-][\w.-]*$/.test(name)) {
    throw new InvalidArgumentError(`"${name}" is no name for a model file; use letters, digits, ".", "_" and "-".`);
  }
  const modelFile = `${name}.onnx`;
  const dataFile = `${name}.data`;
  try {
    await checkDiskRoom(folder, externalBytes(graph));
    const files = graph.weights.length === 0 ? [] : [await writeWeights(graph, dataFile, options)];
    const bytes = encodeModel(graph, dataFile, externalPlaces(graph));
    return [...files, await writeFile(folder, modelFile, bytes)];
  } catch (error) {
    await Promise.all([modelFile, dataFile].map((file) => rm(join(folder, file), { force: true })));
    throw error;
  }
}

async function writeWeights(graph: OnnxGraph, dataFile: string, options: WriteOnnxModelOptions): Promise<WrittenFile> {
  const totalBytes = externalBytes(graph);
  const places = externalPlaces(graph);
  const file = await ExternalDataFile.create(join(options.folder, dataFile), totalBytes);
  try {
    for (const [index, weight] of graph.weights.entries()) {
      await file.padTo(places[index]!.offset);
      for await (const chunk of exactChunks(weight, options.signal)) {
        await file.append(chunk);
        options.onProgress?.({ writtenBytes: file.position, totalBytes });
      }
    }
    return { name: dataFile, byteLength: totalBytes, sha256: await file.finish() };
  } finally {
    await file.close();
  }
}

/** The chunks of a weight; fails when they are together not exactly the tensor. */
async function* exactChunks(weight: GraphWeight, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  let count = 0;
  throwIfAborted(signal);
  for await (const chunk of weight.content.chunks(signal)) {
    throwIfAborted(signal);
    count += chunk.byteLength;
    if (count > weight.byteLength) throw sizeError(weight, `more than ${weight.byteLength}`);
    yield chunk;
  }
  if (count !== weight.byteLength) throw sizeError(weight, `only ${count}`);
}

function sizeError(weight: GraphWeight, found: string): ModelLoadError {
  const { type, dims } = weight.content;
  return new ModelLoadError(
    `Weight "${weight.name}" (${type} [${dims.join(", ")}], ${weight.byteLength} bytes) yielded ${found} bytes. The checkpoint does not fit its config.json, or its conversion is wrong.`,
  );
}

async function writeFile(folder: string, name: string, bytes: Uint8Array): Promise<WrittenFile> {
  const handle = await open(join(folder, name), "w");
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { name, byteLength: bytes.byteLength, sha256: createHash("sha256").update(bytes).digest("hex") };
}
