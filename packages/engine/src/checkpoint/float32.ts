import { ModelLoadError } from "@ocellus/core";
import type { SafetensorsDtype } from "@ocellus/hub";

/** Bytes of one stored element of each floating-point dtype that can be converted. */
const elementBytes: Partial<Record<SafetensorsDtype, number>> = { F64: 8, F32: 4, F16: 2, BF16: 2 };

/** float16 bit pattern → float32 value, for all 65,536 patterns (256 KiB, built on first use). */
let halfTable: Float32Array | undefined;

/**
 * Converts stored tensor bytes (little endian) to float32. Exact for F32, F16 and BF16; F64 is rounded.
 *
 * @param bytes whole elements; need not be aligned
 * @param dtype dtype of the safetensors header
 * @param name tensor name, for the error
 * @param into takes the values of a two-byte dtype, so that memory is used again; new memory when left out
 * @throws ModelLoadError for a dtype that holds no plain floating-point numbers
 */
export function toFloat32(
  bytes: Uint8Array,
  dtype: SafetensorsDtype,
  name: string,
  into?: Float32Array<ArrayBuffer>,
): Float32Array {
  const size = floatElementBytes(dtype, name);
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  const count = aligned.byteLength / size;
  if (dtype === "F32") return new Float32Array(aligned.buffer, aligned.byteOffset, count);
  if (dtype === "F64") return Float32Array.from(new Float64Array(aligned.buffer, aligned.byteOffset, count));
  const halves = new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  const values = into?.subarray(0, count) ?? new Float32Array(count);
  if (dtype === "BF16") widenBfloat16(halves, values);
  else widenFloat16(halves, values);
  return values;
}

/**
 * Stored bytes of one element of a floating-point dtype.
 *
 * @throws ModelLoadError for a dtype that holds no plain floating-point numbers
 */
export function floatElementBytes(dtype: SafetensorsDtype, name: string): number {
  const size = elementBytes[dtype];
  if (size !== undefined) return size;
  throw new ModelLoadError(
    `Tensor "${name}" has dtype ${dtype}, which is not a floating-point weight. Use a checkpoint saved as F32, F16 or BF16.`,
  );
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array, values: Float32Array<ArrayBuffer>): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let index = 0; index < halves.length; index++) bits[index] = halves[index]! << 16;
}

function widenFloat16(halves: Uint16Array, values: Float32Array): void {
  halfTable ??= buildHalfTable();
  for (let index = 0; index < halves.length; index++) values[index] = halfTable[halves[index]!]!;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function buildHalfTable(): Float32Array {
  const table = new Float32Array(65_536);
  for (let bits = 0; bits < 65_536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent === 31) table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
  }
  return table;
}
