/** What to do about the cap on new tokens. */
export type BudgetDecision =
  /** Nothing. */
  | "go-on"
  /** Thinking must end, so that the answer has room. */
  | "answer"
  /** The shortest way to the end must be taken. */
  | "close"
  /** There is no room for any answer; it will be cut off. */
  | "give-up";

/** Watches that an answer can be brought to its end under the cap on new tokens. */
export interface Budget {
  /** Counts a token. */
  spend(): void;
  /** True when the way to the end has to be looked at before the next token. */
  readonly isDue: boolean;
  /**
   * Decides, and settles when to look again.
   *
   * @param tokens of the shortest way to the end
   */
  decide(tokens: number, isThinking: boolean): BudgetDecision;
}

/** Tokens kept for an answer behind thinking, unless half of the cap is less. */
const answerTokens = 512;

/**
 * @param maxNewTokens cap on new tokens
 * @param shortest tokens of the shortest answer: no step makes the way to the end longer by more than about that
 */
export function createBudget(maxNewTokens: number, shortest: number): Budget {
  const growth = shortest + 8;
  const margin = Math.min(growth, Math.floor(maxNewTokens / 4));
  const reserve = Math.min(answerTokens, Math.floor(maxNewTokens / 2));
  let remaining = maxNewTokens;
  let lookAt = maxNewTokens;
  return {
    spend() {
      remaining--;
    },
    get isDue() {
      return remaining <= lookAt;
    },
    decide(tokens, isThinking) {
      if (tokens > remaining) {
        lookAt = Number.NEGATIVE_INFINITY;
        return "give-up";
      }
      const spare = remaining - tokens;
      // Even if every step made the way longer by `growth`, it would not be too long before that.
      const steps = Math.floor((spare - margin) / (growth + 1));
      lookAt = remaining - Math.max(1, isThinking ? Math.min(steps, spare - reserve) : steps);
      if (isThinking && spare <= reserve) return "answer";
      return spare <= margin ? "close" : "go-on";
    },
  };
}
