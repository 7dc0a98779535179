import { ModelLoadError } from "@ocellus/core";
import { isSafetensorsDtype, safetensorsDtypeBits } from "./safetensors-dtype.ts";
import type { TensorInfo } from "./tensor-info.ts";

/** The file that a header was read from, for messages and to turn offsets into positions in the file. */
export interface SafetensorsFile {
  /** Absolute path. */
  readonly file: string;
  /** Length of the whole file in bytes. */
  readonly fileBytes: number;
  /** Position of the first data byte: 8 + header length. */
  readonly dataStart: number;
}

/**
 * Checks the JSON header of a safetensors file and lists its tensors in the order of their data.
 *
 * Format: https://github.com/huggingface/safetensors#format. The data must be filled by the tensors without overlap or
 * hole, up to the end of the file; `__metadata__` is ignored; tensors without elements are allowed.
 *
 * @param header the header's bytes, without the 8 length bytes before it
 * @throws ModelLoadError that names the file, the tensor and the offending value
 */
export function parseSafetensorsHeader(header: Uint8Array, source: SafetensorsFile): TensorInfo[] {
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of Object.entries(parseObject(header, source.file))) {
    if (name !== "__metadata__") tensors.push(parseEntry(name, entry, source));
  }
  tensors.sort((a, b) => a.byteOffset - b.byteOffset || a.byteLength - b.byteLength);
  checkLayout(tensors, source);
  return tensors;
}

function parseObject(header: Uint8Array, file: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(header));
  } catch (cause) {
    throw damaged(file, "its header is not valid UTF-8 JSON", cause);
  }
  if (!isRecord(parsed)) throw damaged(file, "its header is not a JSON object");
  return parsed;
}

function parseEntry(name: string, entry: unknown, source: SafetensorsFile): TensorInfo {
  const { file, dataStart } = source;
  const what = `tensor ${quote(name)}`;
  if (!isRecord(entry)) throw damaged(file, `the entry of ${what} is not an object`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (!isSafetensorsDtype(dtype)) {
    throw new ModelLoadError(`${file}: ${what} has the unknown dtype ${quote(dtype)}.`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw damaged(file, `${what} has the shape ${quote(shape)}; expected a list of non-negative integers`);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw damaged(file, `${what} has the data_offsets ${quote(offsets)}; expected two non-negative integers`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw damaged(file, `${what} begins at ${begin}, after its end at ${end}`);
  const bits = shape.reduce((product: number, size: number) => product * size, safetensorsDtypeBits[dtype]);
  if (bits !== (end - begin) * 8) {
    const needed = `shape [${shape.slice(0, 16).join(", ")}] of ${dtype} needs ${bits / 8} bytes`;
    throw damaged(file, `${what}: ${needed}, but its data_offsets span ${end - begin}`);
  }
  return { name, dtype, shape, file, byteOffset: dataStart + begin, byteLength: end - begin };
}

function checkLayout(sorted: readonly TensorInfo[], { file, fileBytes, dataStart }: SafetensorsFile): void {
  let position = dataStart;
  let previous = "the header";
  for (const { name, byteOffset, byteLength } of sorted) {
    if (byteOffset !== position) {
      const problem = byteOffset < position ? "overlaps" : "leaves a hole after";
      throw damaged(file, `tensor ${quote(name)} ${problem} ${previous}`);
    }
    position = byteOffset + byteLength;
    previous = `tensor ${quote(name)}`;
  }
  if (position > fileBytes) {
    throw new ModelLoadError(
      `${file} is truncated: its header describes ${position} bytes, the file has ${fileBytes}. Download it again.`,
    );
  }
  if (position < fileBytes) {
    throw damaged(file, `its header describes ${position} bytes, but the file has ${fileBytes}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A value of the file for a message, never longer than a line. */
function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function damaged(file: string, problem: string, cause?: unknown): ModelLoadError {
  return new ModelLoadError(`${file} is not a valid safetensors file: ${problem}. Download it again.`, { cause });
}
