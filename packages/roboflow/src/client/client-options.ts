import { checkKnownKeys, checkNumber, defaultLogger, InvalidArgumentError, type Logger } from "@ocellus/core";
import { createConnectionPool } from "@ocellus/http";
import { type ClientMode, clientModeOf } from "../configuration/api-url.ts";
import { InferenceConfiguration } from "../configuration/inference-configuration.ts";
import type { InferenceConfigurationFields } from "../configuration/inference-configuration-fields.ts";
import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import type { ClientState } from "../transport/client-state.ts";

/** What a client is made of; defaults in parentheses. */
export interface InferenceHTTPClientOptions {
  /** Address of the server, used as it is: `http://localhost:9001`, `https://serverless.roboflow.com`. */
  readonly apiUrl: string;
  /** Key of the platform (none). Never shown by errors, logs or `console.log`. */
  readonly apiKey?: string | null | undefined;
  /** Settings (the defaults). */
  readonly configuration?: InferenceConfiguration | Partial<InferenceConfigurationFields> | undefined;
  /** `v0` for Roboflow's hosted addresses, `v1` for all others. */
  readonly mode?: ClientMode | undefined;
  /** Value of the `execution_id` header of inferences (none). */
  readonly executionId?: string | null | undefined;
  /** Keep descriptions of models instead of asking before every V1 inference (true). */
  readonly modelDescriptionCache?: boolean | undefined;
  /** Longest duration of one try in milliseconds (300,000). */
  readonly timeoutMs?: number | undefined;
  /** Longest duration of one request with all its tries in milliseconds (600,000). */
  readonly totalTimeoutMs?: number | undefined;
  /** Longest answer in bytes (256 MiB). */
  readonly maxResponseBytes?: number | undefined;
  /** Longest random wait between two tries in milliseconds (1,000). */
  readonly maxRetryDelayMs?: number | undefined;
  readonly logger?: Logger | undefined;
}

const optionNames: readonly string[] = [
  ...["apiUrl", "apiKey", "configuration", "mode", "executionId", "modelDescriptionCache"],
  ...["timeoutMs", "totalTimeoutMs", "maxResponseBytes", "maxRetryDelayMs", "logger"],
];
const timer = { min: 1, max: 2 ** 31 - 1, integer: true } as const;

/**
 * Checks the options of a client and fills in what is missing.
 *
 * @throws InvalidArgumentError, InvalidParameterError
 */
export function initialState(options: InferenceHTTPClientOptions, closing: AbortSignal): ClientState {
  checkKnownKeys(options, optionNames, "options");
  const { apiUrl, apiKey = null, executionId = null, logger = defaultLogger } = options;
  if (typeof apiUrl !== "string" || !/^https?:\/\//i.test(apiUrl) || !URL.canParse(apiUrl)) {
    throw new InvalidArgumentError("options.apiUrl must be an http(s) URL, such as http://localhost:9001.");
  }
  if (apiKey !== null && typeof apiKey !== "string") throw new InvalidArgumentError("options.apiKey must be a text.");
  return {
    apiUrl,
    apiKey,
    mode: checkMode(options.mode ?? clientModeOf(apiUrl)),
    configuration: toConfiguration(options.configuration ?? {}),
    selectedModel: null,
    executionId,
    limits: {
      timeoutMs: checkNumber(options.timeoutMs ?? 300_000, "options.timeoutMs", timer),
      totalTimeoutMs: checkNumber(options.totalTimeoutMs ?? 600_000, "options.totalTimeoutMs", timer),
      maxResponseBytes: checkNumber(options.maxResponseBytes ?? 256 * 1024 * 1024, "options.maxResponseBytes", {
        min: 0,
        max: Number.MAX_SAFE_INTEGER,
        integer: true,
      }),
      maxRetryDelayMs: checkNumber(options.maxRetryDelayMs ?? 1000, "options.maxRetryDelayMs", { ...timer, min: 0 }),
    },
    logger,
    pool: createConnectionPool(),
    readPool: createConnectionPool(),
    descriptions: options.modelDescriptionCache === false ? null : new Map(),
    closing,
  };
}

/** @throws InvalidParameterError for any other value */
export function checkMode(mode: ClientMode): ClientMode {
  if (mode === "v0" || mode === "v1") return mode;
  throw new InvalidParameterError(`The client mode must be "v0" or "v1"; got ${JSON.stringify(mode)}.`);
}

/** A configuration as given, or one made of the given fields. */
export function toConfiguration(
  configuration: InferenceConfiguration | Partial<InferenceConfigurationFields>,
): InferenceConfiguration {
  return configuration instanceof InferenceConfiguration ? configuration : new InferenceConfiguration(configuration);
}
