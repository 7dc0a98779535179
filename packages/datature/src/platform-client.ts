import { ConnectionError, DisposedError } from "@ocellus/core";
import { type ConnectionPool, createConnectionPool, type RetryPolicy, sendWithRetries } from "@ocellus/http";
import { type CredentialOptions, type Credentials, resolveCredentials } from "./credentials.ts";
import { errorOfAnswer } from "./vi-api-error.ts";

/** A value of the platform: nothing in it is trusted to be there. */
export type Wire = Readonly<Record<string, unknown>>;

const policy: RetryPolicy = {
  attempts: 4,
  statuses: new Set([408, 429, 500, 502, 503, 504]),
  maxDelayMs: 1_000,
  totalTimeoutMs: 300_000,
};
const timeoutMs = 60_000;
/** A page of runs with their flows. */
const maxBytes = 64 * 1024 * 1024;

/** Reads from the platform's API, with the key in a header only. */
export class PlatformClient {
  readonly #options: CredentialOptions;
  readonly #pool: ConnectionPool = createConnectionPool();
  #credentials: Promise<Credentials> | null = null;
  #isClosed = false;

  constructor(options: CredentialOptions) {
    this.#options = options;
  }

  /** The credentials in use. @throws InvalidArgumentError as `resolveCredentials` */
  async credentials(): Promise<Credentials> {
    this.#credentials ??= resolveCredentials(this.#options);
    return await this.#credentials;
  }

  /**
   * Asks for a path below the organization: `runs/abc/outputs`.
   *
   * @param what is asked for, in messages
   * @throws ViApiError, ConnectionError, TimeoutError, AbortedError; InvalidArgumentError for credentials
   */
  async get(
    path: string,
    query: Readonly<Record<string, string>>,
    { what, signal }: { readonly what: string; readonly signal?: AbortSignal | undefined },
  ): Promise<Wire> {
    if (this.#isClosed) throw new DisposedError("This client of Datature Vi is closed.");
    const { secretKey, organizationId, endpoint } = await this.credentials();
    const search = new URLSearchParams(query).toString();
    const url = `${endpoint}/workspaces/${organizationId}/${path}${search === "" ? "" : `?${search}`}`;
    const headers = {
      accept: "application/json",
      "content-type": "application/json",
      authorization: `Bearer ${secretKey}`,
      "organization-id": organizationId,
    };
    const answer = await sendWithRetries({ url, headers, signal, timeoutMs, maxBytes, pool: this.#pool }, policy);
    if (answer.status < 200 || answer.status >= 300) throw errorOfAnswer(answer, url, what);
    return parse(answer.bytes, what);
  }

  /** Closes every connection. */
  close(): void {
    this.#isClosed = true;
    this.#pool.close();
  }
}

function parse(bytes: Uint8Array, what: string): Wire {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Wire;
  } catch {
    // Told below.
  }
  throw new ConnectionError(`Datature Vi answered ${what} with something that is no JSON object. Check the endpoint.`, {
    isRetryable: false,
  });
}
