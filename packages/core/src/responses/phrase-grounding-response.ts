import type { CoordinateSpace } from "../coordinate-space.ts";
import type { ResponseBase } from "./response-base.ts";

/**
 * `[x0, y0, x1, y1]`: integers 0–1024 relative to the upright picture, origin top left. The order of the corners is
 * the model's own: `x0 > x1` can occur.
 */
export type Box = readonly [x0: number, y0: number, x1: number, y1: number];

/** A phrase of the sentence and where the things it names are. */
export interface GroundedPhrase {
  /** At least one character. That it is part of the sentence is asked of the model, not enforced. */
  readonly phrase: string;
  /** One or more boxes. */
  readonly grounding: readonly Box[];
}

/** Result of phrase grounding. */
export interface PhraseGroundingResult {
  /** Caption of the whole picture. */
  readonly sentence: string;
  /** One or more phrases with their boxes. */
  readonly groundings: readonly GroundedPhrase[];
}

/** A parsed answer of the task `phrase-grounding`. */
export interface PhraseGroundingResponse extends ResponseBase {
  readonly kind: "phrase-grounding";
  readonly result: PhraseGroundingResult;
  /** How the model wrote the boxes in `rawOutput`, from which those of `result` were converted. */
  readonly coordinateSpace?: CoordinateSpace;
}
