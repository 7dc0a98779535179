import { inverseFrequencies, type RotaryTable, rotaryTable } from "../../blocks/rotary.ts";
import type { PlacedVisual, PromptPositions } from "../model-family.ts";
import { promptPositions as chunkedPositions } from "../qwen2-5-vl/positions.ts";
import type { Qwen3VlTextConfig } from "./config.ts";

/** M-RoPE positions where every temporal slice of a clip is a visual span of its own (specs/vlm.md B2 "Positions"). */
export function promptPositions(length: number, visuals: readonly PlacedVisual[], mergeSize: number): PromptPositions {
  const slices = visuals.flatMap((visual) =>
    visual.spans.map((span) => ({
      ...visual,
      spans: [span],
      tokens: span.length,
      grid: { ...visual.grid, t: 1 },
      timeStep: 0,
    })),
  );
  return chunkedPositions(length, slices, mergeSize);
}

/**
 * Interleaved M-RoPE: frequencies turn with time, but every second of three with height and every third with width, as
 * far as their sections reach (specs/vlm.md B0).
 *
 * @returns a function from positions [3, tokens] to the rotary table of those tokens
 */
export function interleavedRotary(text: Qwen3VlTextConfig): (positions: Int32Array) => RotaryTable {
  const [, height, width] = text.ropeSections;
  const axisOf = (column: number): number => {
    if (column % 3 === 1 && column < 3 * height) return 1;
    return column % 3 === 2 && column < 3 * width ? 2 : 0;
  };
  const frequencies = inverseFrequencies(text.ropeTheta, text.headDim);
  return (positions) => {
    const tokens = positions.length / 3;
    return rotaryTable(tokens, frequencies, (token, column) => positions[axisOf(column) * tokens + token]!);
  };
}
