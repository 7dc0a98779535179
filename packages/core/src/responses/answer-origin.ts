/** Who made an answer and how, for answers that do not come from a model in this process or that were routed. */
export interface AnswerOrigin {
  /** `local`, or the name of the remote service, as in `ModelInfo.provider`. */
  readonly provider: string;
  /** The model that answered, as its provider names it. */
  readonly modelId: string;
  /** What the service calls this exchange; give it to its operator when something went wrong. */
  readonly requestId?: string;
  /**
   * How the form of the answer was brought about: `json-schema` (strict or not), `json-object` and `guided-json` are
   * constraints of the decoding, `prompt` is only a request to the model. Absent when plain text was asked for.
   */
  readonly constrainedBy?: "json-schema-strict" | "json-schema" | "json-object" | "guided-json" | "prompt";
}
