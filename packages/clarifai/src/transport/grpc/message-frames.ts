import { gunzipSync } from "node:zlib";

/** Bytes before every message: one flag, four of length. */
const headBytes = 5;
/** Messages above this are written in two pieces rather than copied behind their head. */
const copyLimit = 64 * 1024;

/** A message as it goes over the wire, uncompressed, in one or two pieces. */
export function frameMessage(message: Uint8Array): Uint8Array[] {
  const head = Buffer.allocUnsafe(message.length > copyLimit ? headBytes : headBytes + message.length);
  head[0] = 0;
  head.writeUInt32BE(message.length, 1);
  if (message.length > copyLimit) return [head, message];
  head.set(message, headBytes);
  return [head];
}

/** Thrown for frames that cannot be read; `name` is the gRPC status that describes it. */
export class FrameError extends Error {
  readonly status: string;

  constructor(status: string, message: string) {
    super(message);
    this.status = status;
  }
}

/** Cuts the bytes of an answer into messages. Pieces of any size may be pushed. */
export class MessageFrames {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #length = 0;

  /** @param maxBytes largest message, also after decompression */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** True when a message has begun and not ended. */
  get isPartial(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes a piece and hands every message that it completes to `take`.
   *
   * @throws FrameError for a message above the limit or an unknown compression
   */
  push(piece: Buffer, take: (message: Uint8Array) => void): void {
    this.#pieces.push(piece);
    this.#length += piece.length;
    while (this.#length >= headBytes) {
      const first = this.#leading(headBytes);
      const length = first.readUInt32BE(1);
      if (length > this.#maxBytes) {
        throw new FrameError(
          "RESOURCE_EXHAUSTED",
          `a message of ${length} bytes is above the limit of ${this.#maxBytes}.`,
        );
      }
      if (this.#length < headBytes + length) return;
      const whole = this.#leading(headBytes + length);
      const message = whole.subarray(headBytes, headBytes + length);
      this.#drop(whole, headBytes + length);
      take(first[0] === 0 ? message : this.#inflate(message));
    }
  }

  /** The first piece, grown until it holds `count` bytes. */
  #leading(count: number): Buffer {
    const first = this.#pieces[0]!;
    if (first.length >= count) return first;
    const joined = Buffer.concat(this.#pieces);
    this.#pieces = [joined];
    return joined;
  }

  #drop(first: Buffer, count: number): void {
    this.#length -= count;
    if (first.length === count) this.#pieces.shift();
    else this.#pieces[0] = first.subarray(count);
  }

  #inflate(message: Uint8Array): Uint8Array {
    try {
      return gunzipSync(message, { maxOutputLength: this.#maxBytes });
    } catch (cause) {
      const isLarge = (cause as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
      if (isLarge)
        throw new FrameError("RESOURCE_EXHAUSTED", `a message is above the limit of ${this.#maxBytes} bytes.`);
      throw new FrameError("INTERNAL", `a compressed message cannot be read (${(cause as Error).message}).`);
    }
  }
}
