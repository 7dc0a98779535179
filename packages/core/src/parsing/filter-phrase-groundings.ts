import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { PhraseGroundingResult } from "../responses/phrase-grounding-response.ts";

/** Options of {@link filterPhraseGroundings}. */
export interface FilterPhraseGroundingsOptions {
  /** Default false: `A dog` and `a DOG` are the same. */
  readonly caseSensitive?: boolean;
}

/**
 * Keeps the phrases that are part of the sentence. Returns a copy; the response is not changed.
 *
 * @throws InvalidArgumentError when no phrase is left: a result has at least one
 */
export function filterPhraseGroundings<Response extends { readonly result: PhraseGroundingResult }>(
  response: Response,
  options: FilterPhraseGroundingsOptions = {},
): Response {
  const { sentence, groundings } = response.result;
  const fold = (text: string): string => (options.caseSensitive === true ? text : text.toLowerCase());
  const kept = groundings.filter(({ phrase }) => fold(sentence).includes(fold(phrase)));
  if (kept.length === 0) throw new InvalidArgumentError("None of the phrases is part of the sentence.");
  return { ...response, result: { sentence, groundings: kept } };
}
