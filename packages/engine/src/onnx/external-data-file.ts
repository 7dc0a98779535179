import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";

/** Bytes gathered before they are written: few, large system calls. */
const bufferBytes = 2 << 20;

/**
 * A stretch of a file that is written once from front to back, hashed on the way. Two buffers take turns, so that the
 * next bytes are produced while the last ones are being written.
 */
export class ExternalDataFile {
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash("sha256");
  readonly #size: number;
  #buffer: Uint8Array;
  #spare: Uint8Array;
  #filled = 0;
  #written: number;
  #pending: Promise<void> = Promise.resolve();

  private constructor(handle: FileHandle, offset: number, byteLength: number) {
    this.#handle = handle;
    this.#written = offset;
    this.#size = Math.max(1, Math.min(bufferBytes, byteLength));
    this.#buffer = new Uint8Array(this.#size);
    this.#spare = new Uint8Array(this.#size);
  }

  /** Opens the existing file `path` at `offset`. `byteLength` is the expected length, for the size of the buffers. */
  static async open(
    path: string,
    { offset, byteLength }: { readonly offset: number; readonly byteLength: number },
  ): Promise<ExternalDataFile> {
    return new ExternalDataFile(await open(path, "r+"), offset, byteLength);
  }

  /** Where in the file the next bytes go. */
  get position(): number {
    return this.#written + this.#filled;
  }

  /** Takes bytes; they are copied, so the caller may use its buffer again. */
  async append(bytes: Uint8Array): Promise<void> {
    let start = 0;
    while (start < bytes.byteLength) {
      const end = Math.min(bytes.byteLength, start + this.#size - this.#filled);
      this.#buffer.set(bytes.subarray(start, end), this.#filled);
      this.#filled += end - start;
      start = end;
      if (this.#filled === this.#size) await this.#flush();
    }
  }

  /** Writes zeros up to `position`. */
  async padTo(position: number): Promise<void> {
    const missing = position - this.position;
    if (missing > 0) await this.append(new Uint8Array(missing));
  }

  /** Writes what is left and returns the SHA-256 of the stretch in hexadecimal; the disk may still be at it. */
  async finish(): Promise<string> {
    await this.#flush();
    await this.#pending;
    return this.#hash.digest("hex");
  }

  /** Closes the file; never throws. */
  async close(): Promise<void> {
    await this.#pending.catch(() => undefined);
    await this.#handle.close().catch(() => undefined);
  }

  async #flush(): Promise<void> {
    await this.#pending;
    const full = this.#buffer.subarray(0, this.#filled);
    const position = this.#written;
    this.#pending = writeAll(this.#handle, full, position);
    // The rejection is reported by the next flush; without this it would count as unhandled until then.
    this.#pending.catch(() => undefined);
    this.#hash.update(full);
    this.#written += this.#filled;
    this.#filled = 0;
    this.#buffer = this.#spare;
    this.#spare = full.byteLength === this.#size ? full : new Uint8Array(this.#size);
  }
}

/** One `write` may take fewer bytes than it was given. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}
