/** Tokens that one answer cost. */
export interface TokenUsage {
  /** Length of the prompt in tokens, picture tokens included. */
  readonly inputTokens: number;
  /** Part of `inputTokens` that stands for pictures and video frames; 0 when a service does not say. */
  readonly imageTokens: number;
  /** Part of `inputTokens` that was known from an earlier prompt and not computed again; absent when unknown. */
  readonly cachedTokens?: number;
  /** Tokens that were generated, stop token included. */
  readonly outputTokens: number;
}
