import { toVisionError } from "./errors/to-vision-error.ts";
import type { VisionError } from "./errors/vision-error.ts";

/**
 * What a model call resolves to: `[result, null]` or `[null, error]`. TypeScript narrows the destructured names by a
 * check of either one. Only the model call uses this form; inside the library errors are thrown.
 */
export type Outcome<T> = readonly [result: T, error: null] | readonly [result: null, error: VisionError];

/** Settles a promise into an {@link Outcome}; never rejects. */
export async function toOutcome<T>(promise: PromiseLike<T>): Promise<Outcome<T>> {
  try {
    return [await promise, null];
  } catch (thrown) {
    return [null, toVisionError(thrown)];
  }
}

/** The result of an {@link Outcome}; throws its error. */
export function unwrap<T>([result, error]: Outcome<T>): T {
  if (error !== null) throw error;
  return result as T;
}
