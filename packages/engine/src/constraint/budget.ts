/** When an answer has to be brought to its end so that it fits under the cap on new tokens. */
export interface Budget {
  /** Tokens that may still follow. */
  readonly remaining: number;
  /** Counts a token. */
  spend(): void;
  /** True when it is time to look how long the way to the end is. */
  isNear(isThinking: boolean): boolean;
  /** True when an answer whose shortest end has `tokens` tokens must take that end now. */
  mustClose(tokens: number): boolean;
  /** True when thinking must stop so that the answer, whose shortest form has `tokens` tokens, has room. */
  mustAnswer(tokens: number): boolean;
}

/** The way to the end is looked at when no more tokens than this remain, beside those of the shortest answer. */
const watched = 256;

/** Tokens kept for an answer behind thinking. */
const answerTokens = 512;

/**
 * @param maxNewTokens cap on new tokens
 * @param shortest tokens of the shortest answer: no single step makes the way to the end longer by more than about that
 */
export function createBudget(maxNewTokens: number, shortest: number): Budget {
  const quarter = Math.floor(maxNewTokens / 4);
  const margin = Math.min(shortest + 8, quarter);
  let remaining = maxNewTokens;
  return {
    get remaining() {
      return remaining;
    },
    spend() {
      remaining--;
    },
    isNear: (isThinking) => remaining <= watched + 2 * shortest + (isThinking ? answerTokens : 0),
    mustClose: (tokens) => tokens <= remaining && remaining <= tokens + margin,
    mustAnswer: (tokens) => remaining <= tokens + Math.min(answerTokens, 2 * quarter),
  };
}
