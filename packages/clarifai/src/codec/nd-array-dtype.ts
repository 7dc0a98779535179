const named: ReadonlyMap<string, number> = new Map([
  ["bool", 1],
  ["int8", 1],
  ["uint8", 1],
  ["int16", 2],
  ["uint16", 2],
  ["float16", 2],
  ["int32", 4],
  ["uint32", 4],
  ["float32", 4],
  ["int64", 8],
  ["uint64", 8],
  ["float64", 8],
  ["complex64", 8],
  ["complex128", 16],
]);

/** Bytes of one element of a NumPy dtype, by name (`float32`) or short form (`>f4`, `<i8`, `|u1`); `null` when unknown. */
export function itemBytesOf(dtype: string): number | null {
  const size = named.get(dtype);
  if (size !== undefined) return size;
  const match = /^[<>|=]?[biufc](1|2|4|8|16)$/.exec(dtype);
  return match === null ? null : Number(match[1]);
}
