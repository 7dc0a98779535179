import { homedir } from "node:os";
import { resolve } from "node:path";
import {
  checkKnownKeys,
  checkNumber,
  defaultLogger,
  describeValue,
  InvalidArgumentError,
  type Logger,
} from "@ocellus/core";
import { type HubToken, readHubEnvironment, readHubToken } from "./hub-environment.ts";
import { checkRevision } from "./hub-id.ts";
import { type HubAccess, type HubOptions, hubAccessNames, hubOptionNames } from "./hub-options.ts";

/** {@link HubOptions} with every default filled in. */
export interface HubSettings {
  readonly revision: string;
  readonly token: HubToken | undefined;
  readonly endpoint: string;
  /** Absolute path. */
  readonly cacheDir: string;
  /** What switched the network off; undefined when it may be used. */
  readonly offlineBy: string | undefined;
  readonly mayLink: boolean;
  readonly timeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly attempts: number;
  readonly maxRetryDelayMs: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: HubOptions["onProgress"];
  readonly logger: Logger;
}

/** Beyond this a timer fires at once. */
const maxTimeoutMs = 2 ** 31 - 1;
const timeRange = { min: 1, max: maxTimeoutMs, integer: true } as const;

/**
 * Checks options and fills in what the environment says.
 *
 * @param path what messages call the object: "options", "options.hub"
 * @throws InvalidArgumentError for unknown keys and unusable values; ModelLoadError for an unreadable token file
 */
export async function resolveHubOptions(options: HubOptions, path = "options"): Promise<HubSettings> {
  checkHubAccess(options, path, hubOptionNames);
  const { revision = "main", logger = defaultLogger, signal, onProgress } = options;
  checkRevision(revision);
  const environment = readHubEnvironment();
  const offlineBy = options.offline === undefined ? environment.offlineBy : options.offline ? "offline" : undefined;
  return {
    revision,
    token: await tokenOf(options.token, `${path}.token`),
    endpoint: checkEndpoint(options.endpoint ?? environment.endpoint),
    cacheDir: resolve((options.cacheDir ?? environment.cacheDir).replace(/^~(?=$|[\\/])/, () => homedir())),
    offlineBy,
    mayLink: environment.mayLink,
    timeoutMs: options.timeoutMs ?? 86_400_000,
    requestTimeoutMs: options.requestTimeoutMs ?? 30_000,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    attempts: options.attempts ?? 5,
    maxRetryDelayMs: options.maxRetryDelayMs ?? 2_000,
    signal,
    onProgress,
    logger,
  };
}

/**
 * Checks what can be checked without reading anything.
 *
 * @throws InvalidArgumentError that names `path`, the value and what is allowed
 */
export function checkHubAccess(options: HubAccess, path: string, names: readonly string[] = hubAccessNames): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new InvalidArgumentError(`${path} must be an object; got ${describeValue(options)}.`);
  }
  checkKnownKeys(options, names, path);
  const { token, endpoint, cacheDir, offline } = options;
  // The value of a token is never shown.
  const isToken = token === undefined || token === false || (typeof token === "string" && token !== "");
  if (!isToken) throw new InvalidArgumentError(`${path}.token must be a token or false.`);
  if (endpoint !== undefined) checkEndpoint(endpoint);
  if (cacheDir !== undefined && (typeof cacheDir !== "string" || cacheDir === "" || cacheDir.includes("\0"))) {
    throw new InvalidArgumentError(`${path}.cacheDir must be the path of a folder; got ${describeValue(cacheDir)}.`);
  }
  if (offline !== undefined && typeof offline !== "boolean") {
    throw new InvalidArgumentError(`${path}.offline must be true or false; got ${describeValue(offline)}.`);
  }
  checkLimits(options, path);
}

function checkLimits(options: HubAccess, path: string): void {
  for (const name of ["timeoutMs", "requestTimeoutMs", "idleTimeoutMs"] as const) {
    if (options[name] !== undefined) checkNumber(options[name], `${path}.${name}`, timeRange);
  }
  const { attempts, maxRetryDelayMs } = options;
  if (attempts !== undefined) checkNumber(attempts, `${path}.attempts`, { min: 1, max: 100, integer: true });
  if (maxRetryDelayMs !== undefined) {
    checkNumber(maxRetryDelayMs, `${path}.maxRetryDelayMs`, { min: 0, max: 600_000, integer: true });
  }
}

function checkEndpoint(endpoint: string): string {
  const isUrl = typeof endpoint === "string" && /^https?:\/\//i.test(endpoint) && URL.canParse(endpoint);
  if (isUrl) {
    const { username, password, search, hash } = new URL(endpoint);
    if (username + password + search + hash === "") return endpoint.replace(/\/+$/, "");
  }
  throw new InvalidArgumentError(
    "The endpoint of the Hub (option endpoint, variable HF_ENDPOINT) must be an http(s) URL without user name, query and fragment.",
  );
}

async function tokenOf(given: string | false | undefined, path: string): Promise<HubToken | undefined> {
  if (given === false) return undefined;
  const token = given === undefined ? await readHubToken() : { value: given.trim(), origin: path };
  if (token !== undefined && !/^[\x21-\x7e]+$/.test(token.value)) {
    throw new InvalidArgumentError(`The Hub token of ${token.origin} has characters that no token has.`);
  }
  return token;
}
