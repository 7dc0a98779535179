import type { CoordinateSpace, PixelSize } from "../coordinate-space.ts";
import type { FreeformResult } from "../responses/freeform-response.ts";
import type { Box, GroundedPhrase, PhraseGroundingResult } from "../responses/phrase-grounding-response.ts";
import type { VqaResult } from "../responses/vqa-response.ts";
import { readBox } from "./read-box.ts";

/** How boxes are to be read. */
export interface BoxConvention {
  readonly space: CoordinateSpace;
  /** Size of the picture as the model saw it, for `pixels`. */
  readonly size: PixelSize | undefined;
}

/** `{ answer }` with a non-empty text, else `null`. Other keys are dropped. */
export function readVqaResult(value: unknown): VqaResult | null {
  const answer = readText(member(value, "answer"));
  return answer === null ? null : { answer };
}

/** `{ caption }` with a non-empty text, else `null`. Other keys are dropped. */
export function readFreeformResult(value: unknown): FreeformResult | null {
  const caption = readText(member(value, "caption"));
  return caption === null ? null : { caption };
}

/** `{ sentence, groundings }` with at least one phrase and at least one valid box for each, else `null`. */
export function readPhraseGroundingResult(value: unknown, convention: BoxConvention): PhraseGroundingResult | null {
  const sentence = readText(member(value, "sentence"));
  const groundings = readList(member(value, "groundings"), (item) => readGroundedPhrase(item, convention));
  return sentence === null || groundings === null ? null : { sentence, groundings };
}

function readGroundedPhrase(value: unknown, convention: BoxConvention): GroundedPhrase | null {
  const phrase = readText(member(value, "phrase"));
  const grounding = readList(member(value, "grounding"), (item): Box | null =>
    readBox(item, convention.space, convention.size),
  );
  return phrase === null || grounding === null ? null : { phrase, grounding };
}

/** All items of a non-empty list, or `null` when one of them is bad. */
function readList<Item>(value: unknown, read: (item: unknown) => Item | null): Item[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const items: Item[] = [];
  for (const entry of value) {
    const item = read(entry);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

/** A text of at least one character that is valid Unicode (no half of a surrogate pair). */
function readText(value: unknown): string | null {
  return typeof value === "string" && value !== "" && !/\p{Surrogate}/u.test(value) ? value : null;
}

/** An own member of a JSON object; `undefined` for anything else. */
export function member(value: unknown, key: string): unknown {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && Object.hasOwn(value, key);
  return isObject ? (value as Record<string, unknown>)[key] : undefined;
}
