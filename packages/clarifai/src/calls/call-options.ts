import { checkKnownKeys, checkNumber } from "@ocellus/core";
import type { RunnerOptions } from "../addressing/runner-choice.ts";
import { defaultMaxMediaBytes, type EncodeContext } from "../codec/encode-context.ts";

/** Options of one call, beside its arguments. */
export interface CallOptions extends Pick<RunnerOptions, "deploymentId" | "deploymentUserId"> {
  /** Ends the call. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Longest duration of the whole call in milliseconds, waiting for the model to start included. Default 600,000; a
   * stream without it is limited from one answer to the next.
   */
  readonly timeoutMs?: number | undefined;
  /** Also return the raw response: `[result, response]`, for each chunk of a stream. */
  readonly withProto?: boolean | undefined;
  /** Let the service answer from its cache. */
  readonly usePredictCache?: boolean | undefined;
  /** Download media of `http(s):` URLs here and send the bytes. Default false: the server downloads them. */
  readonly downloadUrls?: boolean | undefined;
  /** With `downloadUrls`: also from loopback and private addresses. Default false. */
  readonly allowPrivateAddresses?: boolean | undefined;
  /** Largest file, blob or download in bytes. Default 128 MiB, the service's limit. */
  readonly maxMediaBytes?: number | undefined;
  /** Check arguments against advertised ranges and choices; the server does not. Default false. */
  readonly checkParams?: boolean | undefined;
  /** Remember the chunks of an iterated stream for `finalCompletion`. Default true; set false for endless streams. */
  readonly keepChunks?: boolean | undefined;
}

const optionNames: readonly (keyof CallOptions)[] = [
  "signal",
  "timeoutMs",
  "withProto",
  "usePredictCache",
  "downloadUrls",
  "allowPrivateAddresses",
  "maxMediaBytes",
  "checkParams",
  "keepChunks",
  "deploymentId",
  "deploymentUserId",
];

/** Longest time that a timer takes. */
const maxTimeoutMs = 2 ** 31 - 1;

/** Checks the options of a call. @throws InvalidArgumentError for an unknown key or a number out of range */
export function checkCallOptions(options: CallOptions): CallOptions {
  checkKnownKeys(options, optionNames, "options");
  if (options.timeoutMs !== undefined)
    checkNumber(options.timeoutMs, "options.timeoutMs", { min: 1, max: maxTimeoutMs });
  if (options.maxMediaBytes !== undefined) {
    checkNumber(options.maxMediaBytes, "options.maxMediaBytes", { min: 1, max: 2 ** 40, integer: true });
  }
  return options;
}

/** What the encoders of a call share. */
export function encodeContextOf(options: CallOptions, signal: AbortSignal): EncodeContext {
  const { maxMediaBytes = defaultMaxMediaBytes, downloadUrls = false, allowPrivateAddresses = false } = options;
  return { pending: [], signal, maxMediaBytes, downloadUrls, allowPrivateAddresses };
}
