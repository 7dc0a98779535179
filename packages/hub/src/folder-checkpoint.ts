import { constants } from "node:buffer";
import { readSync, statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { AbortedError, checkKnownKeys, DisposedError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import type { Checkpoint, FingerprintOptions, ReadTensorOptions, ReadTextOptions } from "./checkpoint.ts";
import { fingerprintWeights } from "./fingerprint-weights.ts";
import { closeAll, type OpenWeights } from "./open-weight-files.ts";
import { parseJsonFile } from "./parse-json-file.ts";
import { readFully, unexpectedEnd } from "./read-fully.ts";
import { readTextFile } from "./read-text-file.ts";
import { resolveInsideFolder } from "./resolve-inside-folder.ts";
import type { TensorInfo } from "./tensor-info.ts";

const defaultMaxTextBytes = 64 * 1024 * 1024;

/** A {@link Checkpoint} over a local folder whose weight files are already open; see `openCheckpoint`. */
export class FolderCheckpoint implements Checkpoint {
  readonly folder: string;
  readonly parts: readonly string[];
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly weightBytes: number;
  readonly #handles: ReadonlyMap<string, FileHandle>;
  #closing: Promise<void> | undefined;

  constructor(folder: string, weights: OpenWeights, parts: readonly string[]) {
    this.folder = folder;
    this.parts = parts;
    this.tensors = weights.tensors;
    this.#handles = weights.handles;
    let weightBytes = 0;
    for (const { byteLength } of weights.tensors.values()) weightBytes += byteLength;
    this.weightBytes = weightBytes;
  }

  has(file: string): boolean {
    return this.#find(file) !== undefined;
  }

  async readText(file: string, options: ReadTextOptions = {}): Promise<string> {
    checkKnownKeys(options, ["maxBytes", "signal"], "options");
    return await readTextFile(this.#pathOf(file), options.maxBytes ?? defaultMaxTextBytes, options.signal);
  }

  async readJson(file: string, options: ReadTextOptions = {}): Promise<unknown> {
    return parseJsonFile(await this.readText(file, options), this.#pathOf(file));
  }

  async readTensor(tensor: TensorInfo, options: ReadTensorOptions = {}): Promise<Uint8Array> {
    checkKnownKeys(options, ["start", "end", "into", "signal"], "options");
    const { start = 0, end = tensor.byteLength, signal } = options;
    const handle = this.#handleOf(tensor, start, end);
    const bytes = bufferOf(end - start, tensor.name, options.into);
    await this.#whileOpen(readFully(handle, bytes, tensor.byteOffset + start, tensor.file, signal));
    return bytes;
  }

  readTensorBytesSync(tensor: TensorInfo, start: number, target: Uint8Array): void {
    const { fd } = this.#handleOf(tensor, start, start + target.length);
    let filled = 0;
    while (filled < target.length) {
      const position = tensor.byteOffset + start + filled;
      const bytesRead = readChunkSync(fd, target, filled, position, tensor.file);
      if (bytesRead === 0) throw unexpectedEnd(tensor.file, position + target.length - filled, position);
      filled += bytesRead;
    }
  }

  async fingerprint(options: FingerprintOptions = {}): Promise<string> {
    checkKnownKeys(options, ["memoFolder", "onProgress", "signal"], "options");
    this.#checkOpen();
    return await this.#whileOpen(fingerprintWeights(this.#handles, options));
  }

  close(): Promise<void> {
    this.#closing ??= closeAll(this.#handles.values());
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new DisposedError(`The checkpoint ${this.folder} is closed. Open it again.`);
  }

  /** Names the closing as the reason when work fails because the files were closed under it. */
  async #whileOpen<Result>(work: Promise<Result>): Promise<Result> {
    try {
      return await work;
    } catch (error) {
      if (!AbortedError.isInstance(error)) this.#checkOpen();
      throw error;
    }
  }

  #pathOf(file: string): string {
    this.#checkOpen();
    const path = resolveInsideFolder(this.folder, file);
    if (path === undefined) {
      throw new InvalidArgumentError(`${JSON.stringify(file)} is not a relative path of a file inside a checkpoint.`);
    }
    return this.#find(file) ?? path;
  }

  /** The path of a regular file of the folder, else of a part. */
  #find(file: string): string | undefined {
    const folders = [this.folder, ...this.parts.map((part) => join(this.folder, part))];
    return folders.map((folder) => resolveInsideFolder(folder, file)).find(isRegularFile);
  }

  #handleOf(tensor: TensorInfo, start: number, end: number): FileHandle {
    this.#checkOpen();
    const handle = this.#handles.get(tensor.file);
    if (handle === undefined) {
      throw new InvalidArgumentError(`Tensor ${tensor.name} of ${tensor.file} does not belong to ${this.folder}.`);
    }
    const isRange = Number.isSafeInteger(start) && Number.isSafeInteger(end) && start >= 0 && start <= end;
    if (!isRange || end > tensor.byteLength) {
      throw new InvalidArgumentError(
        `Bytes ${start} to ${end} are not inside tensor ${tensor.name}, which has ${tensor.byteLength}.`,
      );
    }
    return handle;
  }
}

function isRegularFile(path: string | undefined): boolean {
  try {
    return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
  } catch {
    return false;
  }
}

function bufferOf(length: number, name: string, into: Uint8Array | undefined): Uint8Array {
  const available = into?.length ?? constants.MAX_LENGTH;
  if (length > available) {
    throw new InvalidArgumentError(
      `${length} bytes of ${name} do not fit into a buffer of ${available}; read less at once.`,
    );
  }
  return into === undefined ? new Uint8Array(length) : into.subarray(0, length);
}

function readChunkSync(fd: number, target: Uint8Array, offset: number, position: number, file: string): number {
  try {
    return readSync(fd, target, offset, target.length - offset, position);
  } catch (cause) {
    throw new ModelLoadError(`${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
