/** Table of the reflected Castagnoli polynomial (RFC 3720, 12.1). */
const table: Uint32Array = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/**
 * CRC-32C of bytes, as storage services state it (RFC 3720).
 *
 * @param previous the result for the bytes before these
 */
export function crc32c(bytes: Uint8Array, previous: number = 0): number {
  let crc = ~previous;
  for (let index = 0; index < bytes.length; index += 1) crc = table[(crc ^ bytes[index]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
