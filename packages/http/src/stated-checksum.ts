import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { ConnectionError } from "@ocellus/core";
import { crc32c } from "./crc32c.ts";

/** A checksum of a whole file, as its server states it. */
export interface StatedChecksum {
  readonly algorithm: "sha256" | "md5" | "crc32c";
  /** Base64. */
  readonly value: string;
}

/**
 * The strongest checksum of the whole file among the headers of an answer: `x-amz-checksum-sha256` (S3), `x-goog-hash`
 * (Google Cloud Storage), `content-md5` (Azure). Multipart checksums of S3 ("…-3") are of parts and do not count.
 */
export function statedChecksum(headers: IncomingHttpHeaders): StatedChecksum | null {
  const google = new Map(
    String(headers["x-goog-hash"] ?? "")
      .split(",")
      .map((pair) => [pair.trim().split("=", 1)[0] ?? "", pair.trim().replace(/^[^=]*=/, "")] as const),
  );
  const isPart = headers["content-range"] !== undefined;
  const candidates: readonly (readonly [StatedChecksum["algorithm"], unknown])[] = [
    ["sha256", headers["x-amz-checksum-sha256"]],
    ["md5", google.get("md5")],
    // Of a part of the file it is the checksum of that part.
    ["md5", isPart ? undefined : headers["content-md5"]],
    ["crc32c", google.get("crc32c")],
  ];
  for (const [algorithm, value] of candidates) {
    if (typeof value === "string" && /^[A-Za-z0-9+/]{6,43}={0,2}$/.test(value)) return { algorithm, value };
  }
  return null;
}

/**
 * Reads a file and compares it with its checksum.
 *
 * @throws ConnectionError when they differ; errors of the file system as they are
 */
export async function verifyChecksum(path: string, checksum: StatedChecksum, what: string): Promise<void> {
  const { algorithm, value } = checksum;
  const found = algorithm === "crc32c" ? await crc32cOf(path) : await digestOf(path, algorithm);
  if (found === value) return;
  throw new ConnectionError(`${what} arrived damaged: its ${algorithm} is ${found}, the server states ${value}.`);
}

async function digestOf(path: string, algorithm: "sha256" | "md5"): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("base64");
}

async function crc32cOf(path: string): Promise<string> {
  let crc = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) crc = crc32c(chunk as Buffer, crc);
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}
