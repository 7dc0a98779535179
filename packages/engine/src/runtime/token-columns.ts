/**
 * The columns of some tokens of a [rows, tokens] array.
 *
 * @param tokens columns of the whole array
 * @returns [rows, end - start] row-major
 */
export function tokenColumns(values: Int32Array, tokens: number, start: number, end: number = tokens): Int32Array {
  const rows = values.length / tokens;
  const part = new Int32Array(rows * (end - start));
  for (let row = 0; row < rows; row++) {
    part.set(values.subarray(row * tokens + start, row * tokens + end), row * (end - start));
  }
  return part;
}
