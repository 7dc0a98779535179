/**
 * Bits per element of every dtype that the safetensors format knows (crate `safetensors`, `tensor.rs`, `Dtype::bitsize`).
 * Dtypes below 8 bits are packed, so their tensors must fill whole bytes.
 */
export const safetensorsDtypeBits = {
  BOOL: 8,
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  U8: 8,
  I8: 8,
  F8_E5M2: 8,
  F8_E4M3: 8,
  F8_E8M0: 8,
  F8_E4M3FNUZ: 8,
  F8_E5M2FNUZ: 8,
  I16: 16,
  U16: 16,
  F16: 16,
  BF16: 16,
  I32: 32,
  U32: 32,
  F32: 32,
  C64: 64,
  F64: 64,
  I64: 64,
  U64: 64,
} as const;

/** Element type of a stored tensor, spelled as in the safetensors header. Values are little-endian. */
export type SafetensorsDtype = keyof typeof safetensorsDtypeBits;

/** True when `value` is a dtype name of the safetensors format. */
export function isSafetensorsDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === "string" && Object.hasOwn(safetensorsDtypeBits, value);
}
