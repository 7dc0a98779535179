import { checkKnownKeys, DisposedError, InvalidArgumentError } from "@ocellus/core";
import type { ClientMode } from "../configuration/api-url.ts";
import type { InferenceConfiguration } from "../configuration/inference-configuration.ts";
import type { InferenceConfigurationFields } from "../configuration/inference-configuration-fields.ts";
import { checkCall } from "../transport/call-options-check.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { checkMode, type InferenceHTTPClientOptions, initialState, toConfiguration } from "./client-options.ts";

/** What a clone of a client may have differently. */
export interface ClientChanges {
  readonly apiKey?: string | null | undefined;
  /** Fields to change in the configuration, or another configuration. */
  readonly configuration?: InferenceConfiguration | Partial<InferenceConfigurationFields> | undefined;
  readonly mode?: ClientMode | undefined;
  readonly model?: string | null | undefined;
  readonly executionId?: string | null | undefined;
}

/** The part of the client that holds its settings. Used through `InferenceHTTPClient`. */
export abstract class ConfiguredClient<Self extends ConfiguredClient<Self>> implements AsyncDisposable {
  /** Private, so that neither `console.log` nor `JSON.stringify` shows the key. */
  #state: ClientState;
  #closing: AbortController;

  constructor(options: InferenceHTTPClientOptions) {
    this.#closing = new AbortController();
    this.#state = initialState(options, this.#closing.signal);
  }

  /** The settings in effect; a call keeps those that it began with. */
  protected get state(): ClientState {
    return this.#state;
  }

  /** Checks the options of a call; the first is the state that the call keeps. */
  protected begin(options: CallOptions, own: readonly string[]): readonly [ClientState, CallOptions] {
    if (options === null || typeof options !== "object") throw new InvalidArgumentError("options must be an object.");
    return [this.#state, checkCall(options, own)];
  }

  protected selectModelAfterCall(modelId: string | null): void {
    this.#state = { ...this.#state, selectedModel: modelId };
  }

  /** A client of the same kind, to be given other settings. */
  protected abstract newClient(): Self;

  get apiUrl(): string {
    return this.#state.apiUrl;
  }

  get inferenceConfiguration(): InferenceConfiguration {
    return this.#state.configuration;
  }

  get clientMode(): ClientMode {
    return this.#state.mode;
  }

  get selectedModel(): string | null {
    return this.#state.selectedModel;
  }

  /** Replaces the configuration of this client; missing fields have their defaults. */
  configure(configuration: InferenceConfiguration | Partial<InferenceConfigurationFields>): this {
    this.#state = { ...this.#state, configuration: toConfiguration(configuration) };
    return this;
  }

  /** Makes later calls use the hosted API's form of requests. */
  selectApiV0(): this {
    this.#state = { ...this.#state, mode: "v0" };
    return this;
  }

  /** Makes later calls use the form of requests of self-hosted servers. */
  selectApiV1(): this {
    this.#state = { ...this.#state, mode: "v1" };
    return this;
  }

  /** Chooses the model of calls that name none. Aliases are resolved when it is used. */
  selectModel(modelId: string): this {
    this.#state = { ...this.#state, selectedModel: modelId };
    return this;
  }

  /**
   * A client with other settings that shares connections and model descriptions with this one, which does not change.
   * Closing either closes both.
   */
  with(changes: ClientChanges): Self {
    checkKnownKeys(changes, ["apiKey", "configuration", "mode", "model", "executionId"], "changes");
    const { apiKey, configuration, mode, model, executionId } = changes;
    const clone = this.newClient();
    const from = this.#state;
    clone.#closing = this.#closing;
    clone.#state = {
      ...from,
      apiKey: apiKey === undefined ? from.apiKey : apiKey,
      configuration: configuration === undefined ? from.configuration : from.configuration.with(configuration),
      mode: mode === undefined ? from.mode : checkMode(mode),
      selectedModel: model === undefined ? from.selectedModel : model,
      executionId: executionId === undefined ? from.executionId : executionId,
    };
    return clone;
  }

  /** Calls `work` with a clone that has another model; this client does not change. */
  async useModel<Result>(modelId: string, work: (client: Self) => Result | Promise<Result>): Promise<Result> {
    return await work(this.with({ model: modelId }));
  }

  /** Calls `work` with a clone that has another configuration; missing fields have their defaults. */
  async useConfiguration<Result>(
    configuration: InferenceConfiguration | Partial<InferenceConfigurationFields>,
    work: (client: Self) => Result | Promise<Result>,
  ): Promise<Result> {
    return await work(this.with({ configuration: toConfiguration(configuration) }));
  }

  /** Calls `work` with a clone in mode V0. */
  async useApiV0<Result>(work: (client: Self) => Result | Promise<Result>): Promise<Result> {
    return await work(this.with({ mode: "v0" }));
  }

  /** Calls `work` with a clone in mode V1. */
  async useApiV1<Result>(work: (client: Self) => Result | Promise<Result>): Promise<Result> {
    return await work(this.with({ mode: "v1" }));
  }

  /** Aborts what runs and closes the connections, also those of clones. Later calls fail with a `DisposedError`. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(new DisposedError("The Roboflow client is closed."));
    this.#state.pool.close();
    this.#state.readPool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
