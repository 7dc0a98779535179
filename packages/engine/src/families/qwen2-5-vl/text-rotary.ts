import { inverseFrequencies, type RotaryTable, rotaryTable } from "../../blocks/rotary.ts";
import type { Qwen25TextConfig } from "./config.ts";

/**
 * Chunked M-RoPE: of the inverse frequencies, the first section turns with the time position, the next with height,
 * the last with width.
 *
 * @returns a function from positions [3, tokens] to the rotary table of those tokens
 */
export function textRotary(text: Qwen25TextConfig): (positions: Int32Array) => RotaryTable {
  const axisOf = text.ropeSections.flatMap((section, axis) => new Array<number>(section).fill(axis));
  const frequencies = inverseFrequencies(text.ropeTheta, text.headDim);
  return (positions) => {
    const tokens = positions.length / 3;
    return rotaryTable(tokens, frequencies, (token, column) => positions[axisOf[column]! * tokens + token]!);
  };
}
