import type { RegionInput } from "../values/annotation-values.ts";
import type { MediaInput } from "../values/media-values.ts";

/** What a prompt belongs to. */
export interface PromptOptions {
  /** False for a point that the object must not contain. Default true. */
  readonly isPositive?: boolean | undefined;
  /** Object id in a video: the prompts of one object share it. */
  readonly trackId?: string | undefined;
  readonly id?: string | undefined;
}

/** A point on (or, with `isPositive: false`, off) the object, as shares of width and height. */
export function pointPrompt(x: number, y: number, options: PromptOptions = {}): RegionInput {
  const isPositive = options.isPositive ?? true;
  // The label is the concept: "1" with value 1 belongs to the object, "0" with value 0 does not.
  const concept = isPositive ? { id: "1", name: "1", value: 1 } : { id: "0", name: "0", value: 0 };
  return { ...named(options), point: [x, y, 0], concepts: [concept] };
}

/** A box around the object, as shares of width and height. */
export function boxPrompt(box: readonly number[], options: Omit<PromptOptions, "isPositive"> = {}): RegionInput {
  return { ...named(options), box };
}

/** A grey mask picture of the object; videos only. */
export function maskPrompt(mask: MediaInput, options: Omit<PromptOptions, "isPositive"> = {}): RegionInput {
  return { ...named(options), mask };
}

function named({ id, trackId }: PromptOptions): RegionInput {
  return { ...(id === undefined ? {} : { id }), ...(trackId === undefined ? {} : { trackId }) };
}
