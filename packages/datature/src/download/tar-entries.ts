import { ModelLoadError } from "@ocellus/core";
import type { ByteReader } from "./byte-reader.ts";

/** A file or folder of an archive. */
export interface TarEntry {
  /** As the archive says; not checked. */
  readonly path: string;
  readonly kind: "file" | "folder" | "other";
  readonly bytes: number;
}

const blockBytes = 512;
/** Extended headers hold a path and a few times. */
const maxHeaderBytes = 1024 * 1024;

/**
 * Reads the entries of a tar archive (POSIX ustar and pax, GNU long names). The caller reads or skips the content of a
 * file (`entry.bytes`) before it asks for the next entry; the padding is skipped here.
 *
 * @throws ModelLoadError for an archive that is damaged or ends too early
 */
export async function* tarEntries(reader: ByteReader): AsyncGenerator<TarEntry, void, undefined> {
  let extended: Extended = {};
  while (true) {
    const header = await reader.read(blockBytes);
    // The end is two blocks of zeros; some writers leave them out.
    if (header.every((byte) => byte === 0)) return;
    if (header.length < blockBytes) throw damaged("ends too early");
    checkSum(header);
    const type = String.fromCharCode(header[156]!);
    const stated = readNumber(header.subarray(124, 136));
    if (extendedTypes.has(type)) {
      extended = { ...extended, ...readExtended(type, await readText(reader, stated)) };
      continue;
    }
    const path = extended.path ?? headerPath(header);
    const kind = kindOf(type, path);
    // A link has a size in some archives, but no content.
    const bytes = kind === "file" ? (extended.size ?? stated) : 0;
    extended = {};
    yield { path, kind, bytes };
    await reader.skip(padding(bytes));
  }
}

/** What an extended header says about the entry after it. */
interface Extended {
  readonly path?: string;
  readonly size?: number;
}

/** pax (`x`; `g` for all entries), long names (`L`) and long link targets (`K`) of GNU. */
const extendedTypes: ReadonlySet<string> = new Set(["x", "g", "L", "K"]);

function readExtended(type: string, text: string): Extended {
  if (type === "x") return readPax(text);
  return type === "L" ? { path: text.replace(/\0.*$/s, "") } : {};
}

function kindOf(type: string, path: string): TarEntry["kind"] {
  if (type === "5") return "folder";
  if (!isFile(type)) return "other";
  return path.endsWith("/") ? "folder" : "file";
}

const isFile = (type: string): boolean => type === "0" || type === "\0" || type === "7";
const padding = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes;

async function readText(reader: ByteReader, bytes: number): Promise<string> {
  if (bytes > maxHeaderBytes) throw damaged(`has an extended header of ${bytes} bytes`);
  const content = await reader.read(bytes + padding(bytes));
  if (content.length < bytes) throw damaged("ends too early");
  return Buffer.from(content.subarray(0, bytes)).toString("utf8");
}

/** Records `<length> <key>=<value>\n`; the length counts the whole record in bytes. */
function readPax(text: string): Extended {
  const found: { path?: string; size?: number } = {};
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at);
    const length = Number(bytes.toString("utf8", at, space < 0 ? at : space));
    if (!Number.isSafeInteger(length) || length <= 0) break;
    const [key, value] = splitOnce(bytes.toString("utf8", space + 1, at + length - 1));
    if (key === "path") found.path = value;
    if (key === "size") found.size = checkSize(Number(value));
    at += length;
  }
  return found;
}

function splitOnce(record: string): readonly [string, string] {
  const at = record.indexOf("=");
  return [record.slice(0, at), record.slice(at + 1)];
}

function headerPath(header: Uint8Array): string {
  const name = readString(header.subarray(0, 100));
  const isUstar = readString(header.subarray(257, 263)).startsWith("ustar");
  const prefix = isUstar ? readString(header.subarray(345, 500)) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

function readString(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

/** Octal digits, or with the highest bit set a big-endian number (GNU, above 8 GiB). */
function readNumber(bytes: Uint8Array): number {
  if ((bytes[0]! & 0x80) !== 0) {
    const value = bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, bytes[0]! & 0x7f);
    return checkSize(value);
  }
  const text = readString(bytes).trim();
  return text === "" ? 0 : checkSize(/^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number.NaN);
}

function checkSize(value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw damaged("has an entry without a valid size");
}

/** The sum of all bytes of the header, its own field counted as blanks. */
function checkSum(header: Uint8Array): void {
  let sum = 0;
  for (let at = 0; at < blockBytes; at += 1) sum += at >= 148 && at < 156 ? 0x20 : header[at]!;
  if (sum !== Number.parseInt(readString(header.subarray(148, 156)), 8))
    throw damaged("is no tar archive, or is damaged");
}

/** The error of an archive that cannot be read. */
export function damaged(how: string): ModelLoadError {
  return new ModelLoadError(`The archive of the model ${how}. Download it again with overwrite.`);
}
