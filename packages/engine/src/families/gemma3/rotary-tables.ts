import { inverseFrequencies, type RotaryTable, rotaryTable } from "../../blocks/rotary.ts";
import type { Gemma3TextConfig } from "./config.ts";

/**
 * A function from positions [1, tokens] to the rotary tables of those tokens: first the columns of layers that see
 * everything, then those of layers with a window.
 */
export function rotaryTables({ rotations, headDim }: Gemma3TextConfig): (positions: Int32Array) => RotaryTable {
  const frequencies = Float32Array.from(
    [rotations.full_attention, rotations.sliding_attention].flatMap(({ theta, factor }) =>
      Array.from(inverseFrequencies(theta, headDim), (frequency) => frequency / factor),
    ),
  );
  return (positions) => rotaryTable(positions.length, frequencies, (token) => positions[token]!);
}
