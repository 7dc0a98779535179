import type { GenerationConfig } from "@ocellus/core";

/** The part of a generation config that decides about the next token. @ocellus/core has checked its values. */
export type SamplerConfig = Pick<
  GenerationConfig,
  | "doSample"
  | "temperature"
  | "topP"
  | "minP"
  | "topK"
  | "repetitionPenalty"
  | "seed"
  | "minNewTokens"
  | "noRepeatNgramSize"
>;
