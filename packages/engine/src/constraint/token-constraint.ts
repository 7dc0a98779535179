/**
 * What restricts the tokens of one answer. The order of calls of a step is: `prepare`, then `mask` on the logits, then
 * `accept` with the chosen token. Tokens of `forced` are accepted one by one like chosen ones, without a step of the
 * model between them.
 */
export interface TokenConstraint {
  /** Works out what may follow the tokens so far; `mask`, `forced` and `finished` are about this moment. */
  prepare(): Promise<void>;
  /**
   * Sets the score of every token that may not follow to −∞, in place. When earlier processors have forbidden all that
   * may follow, these become equally probable: the form of an answer counts more than a repetition rule.
   *
   * @param logits [vocabSize]
   * @throws GrammarError when no token may follow, or the logits have another length than the vocabulary
   */
  mask(logits: Float32Array): void;
  /**
   * Takes the next token of the answer.
   *
   * @throws GrammarError for a token that the grammar does not allow here
   */
  accept(id: number): void;
  /** Tokens that spell the text that must come next, and that need no step of the model; empty when there is a choice. */
  forced(): readonly number[];
  /** True when the answer is complete and nothing but a stop token may follow. */
  readonly finished: boolean;
  /** True when the answer was brought to an end because the cap on new tokens was near. */
  readonly cutShort: boolean;
  /** Frees the matcher. */
  dispose(): void;
}
