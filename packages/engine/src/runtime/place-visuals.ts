import { GenerationError } from "@ocellus/core";
import type { FamilyModel, PlacedVisual, PreparedVisual } from "../families/model-family.ts";

/** A prompt with one placeholder a feature row, and where each visual's rows go. */
export interface PlacedPrompt {
  readonly ids: readonly number[];
  readonly visuals: readonly PlacedVisual[];
}

/** The tokens that stand for pictures and for clips in prompts of a model. */
export function placeholdersOf({ imageTokenId, video }: FamilyModel): number[] {
  return video === undefined ? [imageTokenId] : [imageTokenId, video.tokenId];
}

/**
 * Repeats each placeholder of a prompt as often as its visual has feature rows.
 *
 * @param ids prompt as the chat template made it: one placeholder a visual
 * @param placeholders the tokens that stand for pictures and for clips
 * @param visuals in the order of the prompt
 * @throws GenerationError when the prompt has other placeholders than those of the visuals
 */
export function placeVisuals(
  ids: readonly number[],
  placeholders: readonly number[],
  visuals: readonly PreparedVisual[],
): PlacedPrompt {
  const found = ids.filter((id) => placeholders.includes(id));
  if (found.length !== visuals.length || visuals.some(({ placeholder }, index) => placeholder !== found[index])) {
    throw new GenerationError(
      `The prompt has ${found.length} placeholders (tokens ${found.join(", ") || "none"}) for ${visuals.length} pictures and clips. The chat template of the checkpoint drops, adds or changes them, or templateOptions changed it.`,
    );
  }
  const expanded: number[] = [];
  const placed: PlacedVisual[] = [];
  for (const id of ids) {
    if (!placeholders.includes(id)) {
      expanded.push(id);
      continue;
    }
    const visual = visuals[placed.length]!;
    placed.push({ ...visual, start: expanded.length });
    for (let row = 0; row < visual.tokens; row++) expanded.push(id);
  }
  return { ids: expanded, visuals: placed };
}
