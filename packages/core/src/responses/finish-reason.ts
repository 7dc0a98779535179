/**
 * Why an answer ended: `stop` a stop token of the checkpoint (or a finished structured answer), `length` the cap
 * `maxNewTokens`, `stop-string` one of `stopStrings`, `content-filter` a remote service withheld text, `unknown` the
 * service did not say, `tool-calls` the model waits for the results of functions. An aborted call has no response and therefore no reason here.
 */
export type FinishReason = "stop" | "length" | "stop-string" | "content-filter" | "tool-calls" | "unknown";
