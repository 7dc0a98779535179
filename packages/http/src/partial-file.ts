import { readFile, rm, stat, writeFile } from "node:fs/promises";

/** What is known about the file whose beginning has arrived. */
export interface PartialState {
  /** Strong ETag, else Last-Modified: what `If-Range` takes. */
  readonly validator: string;
  /** Length of the whole file in bytes; `null` when the server does not say. */
  readonly totalBytes: number | null;
}

/** The beginning of a file that is being downloaded: `<path>.part`, and beside it in `<path>.part.json` what it is of. */
export class PartialFile {
  readonly path: string;
  readonly #statePath: string;

  constructor(path: string) {
    this.path = `${path}.part`;
    this.#statePath = `${path}.part.json`;
  }

  /** Bytes that are there. */
  async size(): Promise<number> {
    return (await stat(this.path).catch(() => null))?.size ?? 0;
  }

  /** What the bytes are of; `null` when they cannot be continued. */
  async state(): Promise<PartialState | null> {
    try {
      const { validator, totalBytes } = JSON.parse(await readFile(this.#statePath, "utf8")) as Partial<PartialState>;
      const isSize = totalBytes === null || (Number.isSafeInteger(totalBytes) && (totalBytes as number) >= 0);
      return typeof validator === "string" && isSize ? { validator, totalBytes: totalBytes ?? null } : null;
    } catch {
      return null;
    }
  }

  /** Notes what the bytes that follow are of; without a validator they cannot be continued later. */
  async begin(state: Omit<PartialState, "validator"> & { readonly validator: string | null }): Promise<void> {
    await rm(this.#statePath, { force: true });
    await writeFile(this.path, "");
    if (state.validator !== null) await writeFile(this.#statePath, JSON.stringify(state));
  }

  /** Drops everything but the bytes. */
  async finish(): Promise<void> {
    await rm(this.#statePath, { force: true });
  }

  /** Drops everything. */
  async discard(): Promise<void> {
    await rm(this.#statePath, { force: true });
    await rm(this.path, { force: true });
  }
}
