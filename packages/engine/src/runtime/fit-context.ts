import { GenerationError, type ResolvedGenerationConfig } from "@ocellus/core";

/**
 * Lowers the cap on new tokens to what the context still holds.
 *
 * @throws GenerationError when the prompt alone fills it
 */
export function fitContext(
  config: ResolvedGenerationConfig,
  promptTokens: number,
  contextLength: number,
): ResolvedGenerationConfig {
  const room = contextLength - promptTokens;
  if (room < 1) {
    throw new GenerationError(
      `The prompt has ${promptTokens} tokens, but the model's context holds ${contextLength}. Use fewer or smaller pictures (maxPixels) or a shorter text.`,
    );
  }
  return { ...config, maxNewTokens: Math.min(config.maxNewTokens, room) };
}
