import type { ConnectionSettings } from "../addressing/resolve-settings.ts";
import type { RunnerOptions } from "../addressing/runner-choice.ts";
import { Model } from "../model/model.ts";
import { ModelClient } from "../model/model-client.ts";

/** The model of a command: an address, or the port of a local runner. */
export interface OpenModelOptions extends ConnectionSettings, RunnerOptions {
  readonly address?: string | undefined;
  readonly local?: number | undefined;
}

/** Opens the model that a command names. */
export function openModel({ address, local, ...options }: OpenModelOptions): ModelClient {
  return local === undefined ? new Model({ url: address, ...options }) : ModelClient.fromLocalGrpc({ port: local });
}
