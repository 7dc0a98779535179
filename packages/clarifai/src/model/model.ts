import { checkKnownKeys, InvalidArgumentError } from "@ocellus/core";
import { type ModelAddress, parseModelUrl } from "../addressing/parse-model-url.ts";
import { type ConnectionSettings, type ResolvedSettings, resolveSettings } from "../addressing/resolve-settings.ts";
import { chooseRunner, type RunnerOptions } from "../addressing/runner-choice.ts";
import type { Model as ModelMessage } from "../gen/clarifai/api/inference_pb.ts";
import { createModelConnection, type TransportOptions } from "./create-connection.ts";
import { ModelClient } from "./model-client.ts";
import type { ModelConnection } from "./model-connection.ts";

/** Which model, who calls, where it runs, how. */
export interface ModelOptions extends ConnectionSettings, RunnerOptions, TransportOptions {
  /** `https://clarifai.com/{user}/{app}/models/{model}[/versions/{version}]`, or the same from `{user}` on. */
  readonly url?: string | undefined;
  /** In place of `url`, with the owner's `userId` and `appId` (default: of environment or configuration). */
  readonly modelId?: string | undefined;
  readonly userId?: string | undefined;
  readonly appId?: string | undefined;
  /** Id of a version. Default: the newest. May go with `url` as well. */
  readonly version?: string | undefined;
}

const optionNames: readonly (keyof ModelOptions)[] = [
  "url",
  "modelId",
  "userId",
  "appId",
  "version",
  "pat",
  "sessionToken",
  "baseUrl",
  "rootCertificatesPath",
  "context",
  "deploymentId",
  "nodepoolId",
  "computeClusterId",
  "deploymentUserId",
  "transport",
  "timeoutMs",
  "retry",
  "maxMessageBytes",
];

/**
 * A model on Clarifai. Nothing is sent before the first call; then the model, its compute and its methods are looked up.
 *
 * @example
 * const model = new Model({ url: "https://clarifai.com/openai/chat-completion/models/gpt-4o" }); // CLARIFAI_PAT is set
 * const answer = await model.predict<string>({ prompt: "What is this?", image: "desk.jpg" });
 * for await (const text of model.generate({ prompt: "Tell me more." })) process.stdout.write(text);
 */
export class Model extends ModelClient {
  readonly #connection: ModelConnection;
  readonly #settings: ResolvedSettings;
  /** Owner, app, model and version (`""`: the newest). */
  readonly address: ModelAddress;

  /** @throws InvalidArgumentError for unknown or contradictory options, or without a credential */
  constructor(options: ModelOptions) {
    checkKnownKeys(options, optionNames, "options");
    const runner = chooseRunner(options);
    checkModelChoice(options);
    const settings = resolveSettings(options);
    const address = resolveAddress(options, settings);
    const connection = createModelConnection(settings, address, runner, options);
    super(connection);
    this.#connection = connection;
    this.#settings = settings;
    this.address = address;
  }

  /**
   * The model that the configuration names: `model_id`, `user_id`, `app_id`, and `deployment_id` or `compute_cluster_id`
   * with `nodepool_id`, in the context.
   */
  static fromCurrentContext(options: Omit<ModelOptions, "url"> = {}): Model {
    const { lookup } = resolveSettings(options);
    const choice = options.deploymentId ?? options.nodepoolId ?? lookup("deployment_id");
    return new Model({
      modelId: lookup("model_id"),
      ...(choice === undefined
        ? { computeClusterId: lookup("compute_cluster_id"), nodepoolId: lookup("nodepool_id") }
        : { deploymentId: options.nodepoolId === undefined ? choice : undefined }),
      ...options,
    });
  }

  /** Address of the API, and the token for its HTTP endpoints; `pat` is `null` with a session token. */
  get endpoint(): { readonly origin: string; readonly pat: string | null } {
    return { origin: this.#settings.origin, pat: this.#settings.pat };
  }

  /**
   * Looks the model and its compute up now rather than at the first call.
   *
   * @throws ClarifaiError for an unknown model or a wrong key; InvalidArgumentError for an unknown deployment or nodepool
   */
  async ready(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    await this.#connection.template(options.signal);
  }

  /** The model as the service describes it. @throws ClarifaiError for an unknown model or a wrong key */
  async info(options: { readonly signal?: AbortSignal } = {}): Promise<ModelMessage> {
    const model = await this.#connection.info(options.signal);
    if (model === null) throw new InvalidArgumentError("The service knows nothing of this model.");
    return model;
  }
}

function checkModelChoice({ url, modelId }: ModelOptions): void {
  if (url !== undefined && modelId !== undefined) {
    throw new InvalidArgumentError("Give either options.url or options.modelId, not both.");
  }
  if (url === undefined && modelId === undefined) {
    throw new InvalidArgumentError("options.url is missing; give it, or options.modelId with userId and appId.");
  }
}

function resolveAddress(
  { url, modelId, userId, appId, version }: ModelOptions,
  settings: ResolvedSettings,
): ModelAddress {
  if (url === undefined) {
    const owner = userId ?? settings.lookup("user_id");
    const app = appId ?? settings.lookup("app_id");
    if (owner === undefined || app === undefined) {
      throw new InvalidArgumentError(
        "options.modelId needs the owner's userId and appId (or CLARIFAI_USER_ID and CLARIFAI_APP_ID).",
      );
    }
    return { userId: owner, appId: app, modelId: modelId!, versionId: version ?? "" };
  }
  const address = parseModelUrl(url);
  for (const [name, given, known] of [
    ["userId", userId, address.userId],
    ["appId", appId, address.appId],
    ["version", version, address.versionId === "" ? version : address.versionId],
  ] as const) {
    if (given !== undefined && given !== known) {
      throw new InvalidArgumentError(`options.${name} "${given}" contradicts options.url, which says "${known}".`);
    }
  }
  return version === undefined ? address : { ...address, versionId: version };
}
