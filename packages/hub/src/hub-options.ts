import type { DownloadProgressEvent, Logger } from "@ocellus/core";
import type { AbortOptions } from "./checkpoint.ts";

/** Where and how models of the Hub are had; defaults in parentheses. Plain data. */
export interface HubAccess {
  /** Sent to the endpoint only; `false` sends none (`HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, else the file of `hf auth login`). */
  readonly token?: string | false | undefined;
  /** Address of the Hub (`HF_ENDPOINT`, else https://huggingface.co). */
  readonly endpoint?: string | undefined;
  /** Cache folder, shared with Python (`HF_HUB_CACHE`, else `hub` in `HF_HOME`, else ~/.cache/huggingface/hub). */
  readonly cacheDir?: string | undefined;
  /** True takes what the cache has and never uses the network (`HF_HUB_OFFLINE`). */
  readonly offline?: boolean | undefined;
  /** Longest duration of everything in milliseconds (86,400,000: a day). */
  readonly timeoutMs?: number | undefined;
  /** Longest wait for the head of one answer in milliseconds (30,000). */
  readonly requestTimeoutMs?: number | undefined;
  /** Longest wait for further bytes before a transfer is begun anew in milliseconds (60,000). */
  readonly idleTimeoutMs?: number | undefined;
  /** Tries of a request, and of a transfer that makes no headway (5). */
  readonly attempts?: number | undefined;
  /** The wait before a new try is random up to this, in milliseconds (2,000); `Retry-After` prolongs it. */
  readonly maxRetryDelayMs?: number | undefined;
}

/** Which revision of a model to have, and who is told of it. */
export interface HubOptions extends HubAccess, AbortOptions {
  /** Branch, tag or commit ("main"). */
  readonly revision?: string | undefined;
  /** Called at most ten times a second while files are downloaded. */
  readonly onProgress?: ((event: DownloadProgressEvent) => void) | undefined;
  /** Receives warnings (default: standard error). */
  readonly logger?: Logger | undefined;
}

/** The names of {@link HubAccess}. */
export const hubAccessNames: readonly (keyof HubAccess)[] = [
  ...(["token", "endpoint", "cacheDir", "offline", "timeoutMs", "requestTimeoutMs", "idleTimeoutMs"] as const),
  ...(["attempts", "maxRetryDelayMs"] as const),
];

/** The names of {@link HubOptions}. */
export const hubOptionNames: readonly (keyof HubOptions)[] = [
  ...hubAccessNames,
  ...(["revision", "signal", "onProgress", "logger"] as const),
];
