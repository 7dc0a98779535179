import { readFileSync } from "node:fs";
import { checkKnownKeys, checkNumber } from "@ocellus/core";
import type { ModelAddress } from "../addressing/parse-model-url.ts";
import { resolveBaseUrl } from "../addressing/resolve-base-url.ts";
import type { ResolvedSettings } from "../addressing/resolve-settings.ts";
import type { RunnerChoice } from "../addressing/runner-choice.ts";
import { type RetryPolicy, resolveRetryPolicy } from "../calls/retry-policy.ts";
import { createGrpcTransport } from "../transport/grpc/grpc-transport.ts";
import { createRestTransport } from "../transport/rest/rest-transport.ts";
import type { RpcTransport } from "../transport/rpc-transport.ts";
import { ModelConnection } from "./model-connection.ts";

/** How calls are made, whatever they call. */
export interface TransportOptions {
  /** `grpc` (default), or `rest` where HTTP/2 is blocked: unary calls only. */
  readonly transport?: "grpc" | "rest" | undefined;
  /** Longest duration of a call without a limit of its own, in milliseconds. Default 600,000. */
  readonly timeoutMs?: number | undefined;
  /** When and how long failed calls are repeated. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Largest answer in bytes. Default 1 GiB. */
  readonly maxMessageBytes?: number | undefined;
}

/** Where a local runner listens. */
export interface LocalGrpcOptions extends Omit<TransportOptions, "transport"> {
  /** Default 8000. */
  readonly port?: number | undefined;
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
}

const defaultTimeoutMs = 600_000;
const packageVersion = readVersion();
/** Prefix of request ids, and the user agent: tells the service who calls. */
const clientName = `ocellus-typescript-${packageVersion}`;

/** The connection to a model of the service. */
export function createModelConnection(
  settings: ResolvedSettings,
  address: ModelAddress,
  runner: RunnerChoice,
  options: TransportOptions,
): ModelConnection {
  const headers = { ...settings.credential, "x-clarifai-request-id-prefix": clientName };
  const { origin, rootCertificates } = settings;
  return new ModelConnection({
    ...limitsOf(options),
    transport: createTransport(origin, headers, rootCertificates, options),
    address,
    runner,
  });
}

/** The connection to a local runner. */
export function createLocalConnection(options: LocalGrpcOptions): ModelConnection {
  checkKnownKeys(options, ["port", "host", "timeoutMs", "retry", "maxMessageBytes"], "options");
  const port = checkNumber(options.port ?? 8000, "options.port", { min: 1, max: 65_535, integer: true });
  const origin = resolveBaseUrl(`http://${options.host ?? "127.0.0.1"}:${port}`);
  return new ModelConnection({
    ...limitsOf(options),
    transport: createTransport(origin, {}, undefined, options),
    address: null,
    runner: null,
  });
}

function limitsOf(options: TransportOptions): { policy: RetryPolicy; timeoutMs: number } {
  const { timeoutMs = defaultTimeoutMs } = options;
  checkNumber(timeoutMs, "options.timeoutMs", { min: 1, max: 2 ** 31 - 1 });
  return { policy: resolveRetryPolicy(options.retry), timeoutMs };
}

function createTransport(
  origin: string,
  headers: Readonly<Record<string, string>>,
  rootCertificates: string | undefined,
  { transport = "grpc", maxMessageBytes }: TransportOptions,
): RpcTransport {
  const userAgent = `${clientName} node/${process.versions.node}`;
  if (transport === "rest") return createRestTransport({ origin, headers, userAgent, maxMessageBytes });
  return createGrpcTransport({ origin, headers, userAgent, rootCertificates, maxMessageBytes });
}

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return manifest.version;
}
