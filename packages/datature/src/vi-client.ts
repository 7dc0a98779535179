import { checkKnownKeys } from "@ocellus/core";
import type { CredentialOptions } from "./credentials.ts";
import { ModelsApi } from "./models-api.ts";
import { PlatformClient } from "./platform-client.ts";
import { RunsApi } from "./runs-api.ts";

/** Names of {@link CredentialOptions}. */
export const credentialNames: readonly (keyof CredentialOptions)[] = [
  ...(["secretKey", "organizationId", "endpoint", "configFile"] as const),
];

/**
 * Datature Vi, as far as running its models needs it. Nothing is read or sent before the first call.
 *
 * @example
 * await using vi = new ViClient();
 * for await (const run of vi.runs.list()) console.log(run.runId, run.status);
 */
export class ViClient implements AsyncDisposable {
  readonly runs: RunsApi;
  readonly models: ModelsApi;
  readonly #platform: PlatformClient;

  /** @throws InvalidArgumentError for unknown options */
  constructor(options: CredentialOptions = {}) {
    checkKnownKeys(options, credentialNames, "options");
    this.#platform = new PlatformClient(options);
    this.runs = new RunsApi(this.#platform);
    this.models = new ModelsApi(this.#platform);
  }

  /** The base of the API in use. @throws InvalidArgumentError for missing credentials */
  async endpoint(): Promise<string> {
    return (await this.#platform.credentials()).endpoint;
  }

  /** Closes every connection. */
  close(): void {
    this.#platform.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
