import type { PlacedVisual, PromptPositions } from "../../families/model-family.ts";
import { promptPositions } from "../qwen-vision/prompt-positions.ts";

/** M-RoPE positions where every temporal slice of a clip is a visual span of its own (specs/vlm.md B2 "Positions"). */
export function slicePositions(length: number, visuals: readonly PlacedVisual[], mergeSize: number): PromptPositions {
  const slices = visuals.flatMap((visual) =>
    visual.spans.map((span) => ({
      ...visual,
      spans: [span],
      tokens: span.length,
      grid: { ...visual.grid, t: 1 },
      timeStep: 0,
    })),
  );
  return promptPositions(length, slices, mergeSize);
}
