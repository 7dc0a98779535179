/**
 * The printable stand-in characters of byte-level BPE: every byte has one character, so that vocabularies are text.
 * Bytes that are printable in Latin-1 stand for themselves, the others are shifted to U+0100 and above
 * (`bytes_to_unicode` of GPT-2's encoder).
 */
export const byteOfCharacter: ReadonlyMap<string, number> = buildAlphabet();

function buildAlphabet(): Map<string, number> {
  const alphabet = new Map<string, number>();
  let shifted = 0;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    alphabet.set(String.fromCharCode(printable ? byte : 0x100 + shifted++), byte);
  }
  return alphabet;
}
