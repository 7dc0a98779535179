import { GenerationError } from "@ocellus/core";
import type { FamilyModel, PlacedVisual, PreparedVisual, TokenSpan } from "../families/model-family.ts";

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
 * Repeats each placeholder of a prompt as often as its visual has feature rows there, and closes it as the visual says.
 *
 * @param ids prompt with one placeholder a visual, or as many as its `prompt` has spans
 * @param placeholders the tokens that stand for pictures and for clips
 * @param visuals in the order of the prompt
 * @param encode token ids of a text, nothing put around it
 * @throws GenerationError when the prompt has other placeholders than those of the visuals
 */
export function placeVisuals(
  ids: readonly number[],
  placeholders: readonly number[],
  visuals: readonly PreparedVisual[],
  encode: (text: string) => readonly number[],
): PlacedPrompt {
  const found = ids.filter((id) => placeholders.includes(id));
  const expected = visuals.flatMap(({ placeholder, prompt }) => new Array(prompt?.spans.length ?? 1).fill(placeholder));
  if (found.length !== expected.length || expected.some((placeholder, index) => placeholder !== found[index])) {
    throw new GenerationError(
      `The prompt has ${found.length} placeholders (tokens ${found.join(", ") || "none"}) for ${visuals.length} pictures and clips. The chat template of the checkpoint drops, adds or changes them, or templateOptions changed it.`,
    );
  }
  const places = visuals.flatMap(({ tokens, prompt }) => {
    const closing = prompt?.closing === undefined ? [] : encode(prompt.closing);
    return (prompt?.spans ?? [tokens]).map((length) => ({ length, closing }));
  });
  const expanded: number[] = [];
  const spans: TokenSpan[] = [];
  for (const id of ids) {
    if (!placeholders.includes(id)) {
      expanded.push(id);
      continue;
    }
    const { length, closing } = places[spans.length]!;
    spans.push({ start: expanded.length, length });
    for (let row = 0; row < length; row++) expanded.push(id);
    expanded.push(...closing);
  }
  const placed = visuals.map((visual) => ({ ...visual, spans: spans.splice(0, visual.prompt?.spans.length ?? 1) }));
  return { ids: expanded, visuals: placed };
}
