const maxCodes = 4096;

/**
 * Expands the LZW data of one GIF frame to palette indices.
 *
 * @param bytes the whole file; `at` is the first sub-block, after the code-size byte
 * @param codeSize the code-size byte, 1 to 8
 * @param pixels number of indices wanted; data beyond is ignored
 * @returns the indices and how many of them the data really held
 */
export function expandGifLzw(
  bytes: Uint8Array,
  at: number,
  codeSize: number,
  pixels: number,
): { readonly indices: Uint8Array; readonly count: number } {
  const readCode = createCodeReader(joinSubBlocks(bytes, at));
  const indices = new Uint8Array(pixels);
  const table = createCodeTable(codeSize);
  const { clear } = table;
  let width = codeSize + 1;
  let previous = -1;
  let count = 0;
  while (count < pixels) {
    const code = readCode(width);
    if (code === clear) {
      table.next = clear + 2;
      width = codeSize + 1;
      previous = -1;
      continue;
    }
    const largest = previous < 0 ? clear - 1 : table.next;
    if (code < 0 || code === clear + 1 || code > largest) break;
    if (previous >= 0) addCode(table, previous, code);
    if (table.next === 1 << width && width < 12) width++;
    count = writeString(indices, count, code, table);
    previous = code;
  }
  return { indices, count };
}

/** Strings as chains: each code is the string of its prefix and one more index. */
interface CodeTable {
  /** The clear code; smaller codes are single indices. */
  readonly clear: number;
  readonly prefixes: Uint16Array;
  readonly suffixes: Uint8Array;
  readonly lengths: Uint16Array;
  /** First code that is not yet defined. */
  next: number;
}

function createCodeTable(codeSize: number): CodeTable {
  const clear = 1 << codeSize;
  const suffixes = new Uint8Array(maxCodes);
  for (let code = 0; code < clear; code++) suffixes[code] = code;
  const lengths = new Uint16Array(maxCodes).fill(1, 0, clear);
  return { clear, prefixes: new Uint16Array(maxCodes), suffixes, lengths, next: clear + 2 };
}

/** Defines the next code: the previous string and the first index of this one (its own first, if this is that code). */
function addCode(table: CodeTable, previous: number, code: number): void {
  const { clear, prefixes, suffixes, lengths, next } = table;
  if (next >= maxCodes) return;
  let first = code === next ? previous : code;
  while (first >= clear) first = prefixes[first]!;
  prefixes[next] = previous;
  lengths[next] = lengths[previous]! + 1;
  suffixes[next] = first;
  table.next++;
}

function writeString(indices: Uint8Array, start: number, code: number, table: CodeTable): number {
  const end = start + table.lengths[code]!;
  let current = code;
  // Writes outside of the array are ignored: a last string may be longer than what is left.
  for (let i = end - 1; i >= start; i--) {
    indices[i] = table.suffixes[current]!;
    current = table.prefixes[current]!;
  }
  return Math.min(indices.length, end);
}

/** Reads codes of varying width, least significant bit first; −1 at the end of the data. */
function createCodeReader(data: Uint8Array): (width: number) => number {
  let bits = 0;
  let held = 0;
  let from = 0;
  return (width) => {
    while (held < width) {
      if (from === data.length) return -1;
      bits |= data[from++]! << held;
      held += 8;
    }
    const code = bits & ((1 << width) - 1);
    bits >>>= width;
    held -= width;
    return code;
  };
}

function joinSubBlocks(bytes: Uint8Array, start: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = start; at < bytes.length && bytes[at]! > 0; at += bytes[at]! + 1) {
    blocks.push(bytes.subarray(at + 1, at + 1 + bytes[at]!));
  }
  return Buffer.concat(blocks);
}
