import type { Hash } from "node:crypto";
import { type FileHandle, open, rm, writeFile } from "node:fs/promises";
import { createContentHash } from "../cache/content-hash.ts";
import { feedHash } from "../hash-file.ts";
import { readTextFile } from "../read-text-file.ts";
import type { ListedFile } from "./file-listing.ts";

const maxValidatorBytes = 1024;

/**
 * A file that is being downloaded: its bytes from the start, their running hash, and the validator (a strong ETag) of
 * the answer they came with. Bytes are only ever appended, so what a killed process leaves is a clean beginning; Python's
 * client up to version 1 appends to the same file.
 */
export class PartialFile {
  readonly path: string;
  readonly #file: ListedFile;
  readonly #handle: FileHandle;
  #hash: Hash;
  #received = 0;
  #validator: string | undefined;

  private constructor(path: string, file: ListedFile, handle: FileHandle) {
    this.path = path;
    this.#file = file;
    this.#handle = handle;
    this.#hash = createContentHash(file.etag, file.size);
  }

  /** Opens `path`, or creates it, and hashes what is there. More bytes than the file has are dropped. */
  static async open(path: string, file: ListedFile, signal: AbortSignal): Promise<PartialFile> {
    const handle = await open(path, "a+");
    const partial = new PartialFile(path, file, handle);
    try {
      await partial.#resume(signal);
      return partial;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Bytes that are here. */
  get received(): number {
    return this.#received;
  }

  /** What `If-Range` compares with; undefined when the server gave nothing strong. */
  get validator(): string | undefined {
    return this.#validator;
  }

  /** Drops everything; the next bytes are the first of an answer with this validator. */
  async restart(validator: string | undefined): Promise<void> {
    await this.#handle.truncate(0);
    this.#received = 0;
    this.#hash = createContentHash(this.#file.etag, this.#file.size);
    this.#validator = validator;
    if (validator === undefined) await rm(this.#validatorPath, { force: true });
    else await writeFile(this.#validatorPath, validator);
  }

  /** Adds bytes at the end. They are hashed while they are written. */
  async append(chunk: Uint8Array): Promise<void> {
    const writing = this.#write(chunk);
    // Awaited below; a failure meanwhile is not lost.
    writing.catch(() => undefined);
    this.#hash.update(chunk);
    await writing;
    this.#received += chunk.length;
  }

  /** True when the bytes hash to the name of the blob. Can be asked once after each `restart`. */
  isIntact(): boolean {
    return this.#hash.digest("hex") === this.#file.etag;
  }

  /** Makes sure that the bytes are on the disk, and closes. */
  async finish(): Promise<void> {
    await this.#handle.datasync();
    await this.close();
    await rm(this.#validatorPath, { force: true });
  }

  /** Closes; the bytes stay for the next try. Safe to call again. */
  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Deletes the file. */
  async discard(): Promise<void> {
    await this.close();
    await rm(this.path, { force: true });
    await rm(this.#validatorPath, { force: true });
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.length; ) {
      written += (await this.#handle.write(chunk, written)).bytesWritten;
    }
  }

  get #validatorPath(): string {
    return `${this.path}.validator`;
  }

  async #resume(signal: AbortSignal): Promise<void> {
    const { size } = await this.#handle.stat();
    if (size > this.#file.size) return await this.restart(undefined);
    await feedHash(this.#hash, this.#handle, this.path, size, { signal });
    this.#received = size;
    if (size === 0) return;
    const validator = await readTextFile(this.#validatorPath, maxValidatorBytes).catch(() => "");
    this.#validator = validator === "" ? undefined : validator;
  }
}
