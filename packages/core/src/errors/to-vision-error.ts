import { AbortedError } from "./aborted-error.ts";
import { GenerationError } from "./generation-error.ts";
import { VisionError } from "./vision-error.ts";

/**
 * Turns anything thrown into a {@link VisionError}: Ocellus errors pass unchanged, a platform `AbortError` becomes
 * {@link AbortedError}, everything else a {@link GenerationError} with the original as its cause.
 */
export function toVisionError(thrown: unknown): VisionError {
  if (VisionError.isInstance(thrown)) return thrown;
  if (thrown instanceof Error && thrown.name === "AbortError") return new AbortedError(undefined, { cause: thrown });
  return new GenerationError(thrown instanceof Error ? thrown.message : String(thrown), { cause: thrown });
}
