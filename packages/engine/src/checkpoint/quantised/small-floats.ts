import type { SafetensorsDtype } from "@ocellus/hub";

/** Values of all 256 patterns of a floating-point format of one byte. */
function table(exponentBits: number, bias: number, special: (bits: number) => number | undefined): Float32Array {
  const fractionBits = 7 - exponentBits;
  return Float32Array.from({ length: 256 }, (_, bits) => {
    const sign = bits & 0x80 ? -1 : 1;
    const exponent = (bits & 0x7f) >> fractionBits;
    const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
    const magnitude = special(bits & 0x7f) ?? (exponent === 0 ? fraction * 2 : 1 + fraction) * 2 ** (exponent - bias);
    return sign * magnitude;
  });
}

/** E4M3 without infinities (arXiv:2209.05433): only the pattern of all ones is no number. */
const e4m3 = table(4, 7, (bits) => (bits === 0x7f ? Number.NaN : undefined));

/** E5M2 with the special values of IEEE 754. */
const e5m2 = table(5, 15, (bits) => (bits === 0x7c ? Number.POSITIVE_INFINITY : bits > 0x7c ? Number.NaN : undefined));

/** E8M0: a power of two without sign; scales only. */
const e8m0 = Float32Array.from({ length: 256 }, (_, bits) => (bits === 255 ? Number.NaN : 2 ** (bits - 127)));

/** E2M1, four bits: sign and 0, 0.5, 1, 1.5, 2, 3, 4, 6. */
export const e2m1: Float32Array = Float32Array.from([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6]);

/** Values by bit pattern of the one-byte dtypes of safetensors that hold weights or scales in floating point. */
export const byteFloats: Partial<Record<SafetensorsDtype, Float32Array>> = {
  F8_E4M3: e4m3,
  F8_E5M2: e5m2,
  F8_E8M0: e8m0,
  // Scales of MX formats are stored as plain bytes, too.
  U8: e8m0,
};
