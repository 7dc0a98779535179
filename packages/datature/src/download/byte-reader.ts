/** Reads exact numbers of bytes from pieces of any length. */
export class ByteReader {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** The next bytes together, fewer at the end. For small numbers. */
  async read(bytes: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for await (const part of this.take(bytes)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** The next bytes as they come; fewer at the end. */
  async *take(bytes: number): AsyncGenerator<Uint8Array, void, undefined> {
    let missing = bytes;
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done === true) return;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      if (part.length > 0) yield part;
    }
  }

  /** Drops the next bytes. */
  async skip(bytes: number): Promise<void> {
    for await (const _part of this.take(bytes));
  }
}
