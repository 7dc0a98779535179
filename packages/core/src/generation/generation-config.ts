/** How text is generated, fully resolved. Every value is in its documented range. */
export interface GenerationConfig {
  /** Cap on generated tokens, 1–1,048,576. Default 1024; 4096 with `cot`. */
  readonly maxNewTokens: number;
  /** Stop tokens are suppressed until this many tokens exist; 0 up to `maxNewTokens`. Default 0. */
  readonly minNewTokens: number;
  /** Sample instead of taking the most probable token. Default false. Always false when `temperature` is 0. */
  readonly doSample: boolean;
  /** 0–2; 0 is greedy. Default 1. */
  readonly temperature: number;
  /** Nucleus: the smallest set of tokens whose probability reaches this, in (0, 1]. Default 1 (off). */
  readonly topP: number;
  /**
   * Keep tokens with at least this share of the best token's probability, 0–1 (arXiv 2407.01082). Applied after
   * `topP`. Default 0 (off).
   */
  readonly minP: number;
  /** Keep the best `topK` tokens; 0 is off. Default 50. */
  readonly topK: number;
  /** Scores of tokens that already occurred are divided (multiplied if negative) by this, in (0, 2]. Default 1.05. */
  readonly repetitionPenalty: number;
  /** Seed of the sampler, 0 or more; −1 draws one at random. Default 0. */
  readonly seed: number;
  /** Texts that end the answer and are cut off. Default none. */
  readonly stopStrings: readonly string[];
  /** No sequence of this many tokens occurs twice; 0 is off. Default 0. */
  readonly noRepeatNgramSize: number;
}

/** What a caller may give as `generationConfig`. Unknown keys and values out of range throw. */
export type GenerationConfigInput = Partial<Omit<GenerationConfig, "stopStrings">> & {
  /** One text or several. */
  readonly stopStrings?: string | readonly string[];
};

/** A checkpoint's own settings: any of the keys, and the ids that always end its answers. */
export type CheckpointGenerationConfig = Partial<GenerationConfig> & { readonly stopTokenIds?: readonly number[] };

/** What an answer is generated with: the settings and the stop ids of the checkpoint. */
export interface ResolvedGenerationConfig extends GenerationConfig {
  readonly stopTokenIds: readonly number[];
}

/** The defaults of a call, before the checkpoint's and the caller's own values. */
export const generationDefaults: GenerationConfig = {
  maxNewTokens: 1024,
  minNewTokens: 0,
  doSample: false,
  temperature: 1,
  topP: 1,
  minP: 0,
  topK: 50,
  repetitionPenalty: 1.05,
  seed: 0,
  stopStrings: [],
  noRepeatNgramSize: 0,
};
