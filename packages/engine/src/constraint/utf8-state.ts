/**
 * Where a byte stream stands inside of a UTF-8 character (RFC 3629): 0 between characters, 1 before the last byte, 3
 * before the last two, 6 before the last three; 2, 4, 5 and 7 behind E0, ED, F0 and F4, whose second byte is limited.
 */
export type Utf8State = number;

/** Number of states. */
export const utf8States = 8;

/** First and last byte, and the next state. */
const steps: readonly (readonly (readonly [number, number, Utf8State])[])[] = [
  [
    [0x00, 0x7f, 0],
    [0xc2, 0xdf, 1],
    [0xe0, 0xe0, 2],
    [0xe1, 0xec, 3],
    [0xed, 0xed, 4],
    [0xee, 0xef, 3],
    [0xf0, 0xf0, 5],
    [0xf1, 0xf3, 6],
    [0xf4, 0xf4, 7],
  ],
  [[0x80, 0xbf, 0]],
  [[0xa0, 0xbf, 1]],
  [[0x80, 0xbf, 1]],
  [[0x80, 0x9f, 1]],
  [[0x90, 0xbf, 3]],
  [[0x80, 0xbf, 3]],
  [[0x80, 0x8f, 3]],
];

/** The state behind these bytes, or −1 when they cannot stand there. */
export function afterBytes(state: Utf8State, bytes: Uint8Array): Utf8State {
  let current = state;
  for (const byte of bytes) {
    const step = steps[current]!.find(([first, last]) => byte >= first && byte <= last);
    if (step === undefined) return -1;
    current = step[2];
  }
  return current;
}

/** The lowest bytes that complete the character; none between characters. */
export function completion(state: Utf8State): number[] {
  const bytes: number[] = [];
  for (let current = state; current !== 0; ) {
    const [first, , next] = steps[current]![0]!;
    bytes.push(first);
    current = next;
  }
  return bytes;
}

/** For every state, the tokens that may follow there: one bit a token, 32 in a word. */
export function fittingTokens(tokens: readonly (Uint8Array | null)[]): readonly Int32Array[] {
  const fitting = Array.from({ length: utf8States }, () => new Int32Array((tokens.length >> 5) + 1));
  for (const [id, bytes] of tokens.entries()) {
    for (let state = 0; bytes !== null && state < utf8States; state++) {
      if (afterBytes(state, bytes) >= 0) fitting[state]![id >> 5]! |= 1 << (id & 31);
    }
  }
  return fitting;
}
