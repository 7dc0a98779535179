import { inverseFrequencies, type RotaryTable, rotaryTable } from "../rotary.ts";

/** How heads are rotated. */
export interface InterleavedRope {
  readonly ropeTheta: number;
  /** Dimensions of a head that turn; the others stay. */
  readonly rotaryDims: number;
  /** Frequencies that turn with time, height and width. */
  readonly ropeSections: readonly [number, number, number];
}

/**
 * Interleaved M-RoPE: frequencies turn with time, but every second of three with height and every third with width, as
 * far as their sections reach (specs/vlm.md B0).
 *
 * @returns a function from positions [3, tokens] to the rotary table of those tokens
 */
export function interleavedRotary(rope: InterleavedRope): (positions: Int32Array) => RotaryTable {
  const [, height, width] = rope.ropeSections;
  const axisOf = (column: number): number => {
    if (column % 3 === 1 && column < 3 * height) return 1;
    return column % 3 === 2 && column < 3 * width ? 2 : 0;
  };
  const frequencies = inverseFrequencies(rope.ropeTheta, rope.rotaryDims);
  return (positions) => {
    const tokens = positions.length / 3;
    return rotaryTable(tokens, frequencies, (token, column) => positions[axisOf(column) * tokens + token]!);
  };
}
