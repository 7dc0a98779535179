import type { IncomingMessage } from "node:http";
import { UnsupportedMediaError } from "@ocellus/core";
import { describeUrl } from "./parse-web-url.ts";
import { connectionFailed } from "./request-pinned.ts";

/**
 * Reads the whole body of an answer and closes its connection.
 *
 * @throws UnsupportedMediaError when it is longer than `maxBytes` (by its Content-Length, or while it arrives) or is
 *   compressed although that was not asked for: a small compressed body can expand without limit
 * @throws ConnectionError when the connection breaks before the end
 */
export async function readLimitedBody(response: IncomingMessage, url: URL, maxBytes: number): Promise<Uint8Array> {
  try {
    checkHeaders(response, url, maxBytes);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of chunksOf(response, url)) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(url, maxBytes);
      chunks.push(chunk);
    }
    return concat(chunks, length);
  } finally {
    response.destroy();
  }
}

function checkHeaders(response: IncomingMessage, url: URL, maxBytes: number): void {
  checkEncoding(response, url);
  if (Number(response.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(url, maxBytes);
}

/** @throws UnsupportedMediaError for a compressed answer */
export function checkEncoding(response: IncomingMessage, url: URL): void {
  const encoding = response.headers["content-encoding"]?.trim().toLowerCase() ?? "";
  if (encoding !== "" && encoding !== "identity") {
    throw new UnsupportedMediaError(
      `${describeUrl(url)} answered with the content encoding ${JSON.stringify(encoding)}, although none was accepted.`,
    );
  }
}

async function* chunksOf(response: IncomingMessage, url: URL): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* response;
  } catch (cause) {
    throw connectionFailed(url, cause as Error);
  }
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return bytes;
}

/** The error of an answer that is longer than allowed. */
export function tooLarge(url: URL, maxBytes: number): UnsupportedMediaError {
  return new UnsupportedMediaError(
    `${describeUrl(url)} is larger than ${maxBytes} bytes. Raise maxBytes to accept it.`,
  );
}
