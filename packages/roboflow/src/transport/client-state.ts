import type { Logger } from "@ocellus/core";
import type { ConnectionPool } from "@ocellus/http";
import type { ClientMode } from "../configuration/api-url.ts";
import type { InferenceConfiguration } from "../configuration/inference-configuration.ts";
import type { ModelDescription } from "../models/model-description.ts";

/** Limits and repetition of requests, every field given. */
export interface RequestLimits {
  /** Longest duration of one try in milliseconds. */
  readonly timeoutMs: number;
  /** Longest duration of one request with all its tries in milliseconds. */
  readonly totalTimeoutMs: number;
  /** Longest body of an answer in bytes. */
  readonly maxResponseBytes: number;
  /** Longest random wait between two tries in milliseconds. */
  readonly maxRetryDelayMs: number;
}

/** Everything that a call needs to know of its client; never changed, so a running call keeps its settings. */
export interface ClientState {
  readonly apiUrl: string;
  readonly apiKey: string | null;
  readonly mode: ClientMode;
  readonly configuration: InferenceConfiguration;
  readonly selectedModel: string | null;
  readonly executionId: string | null;
  readonly limits: RequestLimits;
  readonly logger: Logger;
  readonly pool: ConnectionPool;
  /** Of requests that are never tried again; apart, so that an inference never begins on a connection of theirs. */
  readonly readPool: ConnectionPool;
  /** Descriptions by model id; null when they are not kept. Shared by the clones of a client. */
  readonly descriptions: Map<string, ModelDescription> | null;
  /** Ends the requests of a closed client. */
  readonly closing: AbortSignal;
}

/** What every call accepts beside its own options. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest duration of one try in milliseconds, instead of the client's. */
  readonly timeoutMs?: number | undefined;
  /** Longest duration of one request with all its tries in milliseconds, instead of the client's. */
  readonly totalTimeoutMs?: number | undefined;
  /** Value of the `execution_id` header, instead of the client's. */
  readonly executionId?: string | undefined;
}

/** Names of {@link CallOptions}. */
export const callOptionNames: readonly string[] = ["signal", "timeoutMs", "totalTimeoutMs", "executionId"];
