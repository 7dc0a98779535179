import { createHash, type Hash } from "node:crypto";

/**
 * A running hash that ends as the name of a blob: SHA-256 of the content for a name of 64 digits, else git's SHA-1 of
 * a blob object (`blob <length>\0` before the content; Pro Git 10.2).
 */
export function createContentHash(etag: string, size: number): Hash {
  return etag.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
}

/** True for what a blob may be named: 40 or 64 hexadecimal digits. */
export function isContentHash(text: unknown): text is string {
  return typeof text === "string" && /^(?:[\da-f]{40}|[\da-f]{64})$/.test(text);
}
