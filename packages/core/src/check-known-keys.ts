import { InvalidArgumentError } from "./errors/invalid-argument-error.ts";
import { suggestName } from "./nearest-name.ts";

/**
 * Throws an `InvalidArgumentError` for a key of `options` that is not `known`, naming the nearest known one.
 * `path` is what messages call the object (`options.generationConfig`).
 */
export function checkKnownKeys(options: object, known: readonly string[], path: string): void {
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new InvalidArgumentError(`${path}.${key} is not known. ${suggestName(key, known)}`);
  }
}
