import { GenerationError } from "@ocellus/core";
import type { PlacedVisual, PreparedVisual } from "../families/model-family.ts";

/** A prompt with one placeholder a feature row, and where each visual's rows go. */
export interface PlacedPrompt {
  readonly ids: readonly number[];
  readonly visuals: readonly PlacedVisual[];
}

/**
 * Repeats each placeholder of a prompt as often as its visual has feature rows.
 *
 * @param ids prompt as the chat template made it: one placeholder a visual
 * @param visuals in the order of the prompt
 * @throws GenerationError when the prompt has more or fewer placeholders than there are visuals
 */
export function placeVisuals(
  ids: readonly number[],
  placeholder: number,
  visuals: readonly PreparedVisual[],
): PlacedPrompt {
  const found = ids.reduce((count, id) => count + (id === placeholder ? 1 : 0), 0);
  if (found !== visuals.length) {
    throw new GenerationError(
      `The prompt has ${found} picture placeholders (token ${placeholder}) for ${visuals.length} pictures. The chat template of the checkpoint drops or adds pictures, or templateOptions changed it.`,
    );
  }
  const expanded: number[] = [];
  const placed: PlacedVisual[] = [];
  for (const id of ids) {
    if (id !== placeholder) {
      expanded.push(id);
      continue;
    }
    const visual = visuals[placed.length]!;
    placed.push({ ...visual, start: expanded.length });
    for (let row = 0; row < visual.tokens; row++) expanded.push(placeholder);
  }
  return { ids: expanded, visuals: placed };
}
