/** Where the time of one answer went, in milliseconds. A stage that a remote service does not report is 0. */
export interface AnswerTimings {
  /** Opening, decoding and preprocessing of the pictures. */
  readonly loadMs: number;
  /** The vision tower. */
  readonly visionMs: number;
  /** Reading of the prompt by the decoder. */
  readonly prefillMs: number;
  /** Generation after the first token. */
  readonly decodeMs: number;
  /** From the start of the call to the first token. */
  readonly firstTokenMs: number;
}
