/** Longest text that is read from standard input, in bytes. */
const maxBytes = 16 * 1024 * 1024;

/** The text on standard input without its last line end; `undefined` when it is a terminal or empty. */
export async function readStandardInput(): Promise<string | undefined> {
  if (process.stdin.isTTY === true) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of process.stdin) {
    length += (piece as Buffer).length;
    if (length > maxBytes) throw new RangeError(`Standard input has more than ${maxBytes} bytes.`);
    pieces.push(piece as Buffer);
  }
  const text = Buffer.concat(pieces)
    .toString("utf8")
    .replace(/\r?\n$/, "");
  return text === "" ? undefined : text;
}
