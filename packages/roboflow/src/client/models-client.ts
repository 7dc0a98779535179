import type { ImagesInput } from "../images/image-input.ts";
import { chooseModel } from "../infer/choose-model.ts";
import { type StreamFrame, type StreamInput, streamFrames } from "../infer/infer-on-stream.ts";
import { inferOnVideoV0, inferOnVideoV1, type VideoInput } from "../infer/infer-on-video.ts";
import { inferV0 } from "../infer/infer-v0.ts";
import { inferV1 } from "../infer/infer-v1.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import { resolveModelAlias } from "../models/model-aliases.ts";
import type { ModelDescription, RegisteredModels, ServerInfo } from "../models/model-description.ts";
import * as registry from "../models/model-registry.ts";
import type { ActionRecognitionResult } from "../results/foundation-results.ts";
import type { InferenceResult } from "../results/task-results.ts";
import type { CallOptions } from "../transport/client-state.ts";
import { ConfiguredClient } from "./configured-client.ts";

/** Options of calls to a model. */
export interface InferOptions extends CallOptions {
  /** An id such as `project/1`, or an alias such as `yolov8n-640`. Default: the selected model. */
  readonly modelId?: string | undefined;
}

/** A single result for one picture, a list for several; a list of one picture gives the single result. */
export type OneOrMany<Result> = Result | Result[];

/** The part of the client that loads and runs models. Used through `InferenceHTTPClient`. */
export abstract class ModelsClient<Self extends ModelsClient<Self>> extends ConfiguredClient<Self> {
  /** Name and version of the server. Sends no key. */
  async getServerInfo(options: CallOptions = {}): Promise<ServerInfo> {
    return await registry.getServerInfo(...this.begin(options, []));
  }

  /** Models that a self-hosted server has loaded. */
  async listLoadedModels(options: CallOptions = {}): Promise<RegisteredModels> {
    return await registry.listLoadedModels(...this.begin(options, []));
  }

  /** Loads a model, and selects it for this client with `setAsDefault`. */
  async loadModel(
    modelId: string,
    options: CallOptions & { readonly setAsDefault?: boolean | undefined } = {},
  ): Promise<RegisteredModels> {
    const [state, call] = this.begin(options, ["setAsDefault"]);
    const models = await registry.loadModel(state, modelId, call);
    if (options.setAsDefault === true) this.selectModelAfterCall(resolveModelAlias(modelId));
    return models;
  }

  /** Unloads a model; it is no longer selected then. */
  async unloadModel(modelId: string, options: CallOptions = {}): Promise<RegisteredModels> {
    const [state, call] = this.begin(options, []);
    const models = await registry.unloadModel(state, modelId, call);
    const { selectedModel } = this;
    if (selectedModel === modelId || selectedModel === resolveModelAlias(modelId)) this.selectModelAfterCall(null);
    return models;
  }

  /** Unloads every model; none is selected then. */
  async unloadAllModels(options: CallOptions = {}): Promise<RegisteredModels> {
    const models = await registry.unloadAllModels(...this.begin(options, []));
    this.selectModelAfterCall(null);
    return models;
  }

  /** Task and input size of a model, which is loaded when needed unless `allowLoading` is false. */
  async getModelDescription(
    modelId: string,
    options: CallOptions & { readonly allowLoading?: boolean | undefined } = {},
  ): Promise<ModelDescription> {
    const [state, call] = this.begin(options, ["allowLoading"]);
    return await registry.getModelDescription(state, modelId, options.allowLoading ?? true, call);
  }

  /** Runs a model on pictures, in the client's mode. */
  async infer<Result = InferenceResult>(images: ImagesInput, options: InferOptions = {}): Promise<OneOrMany<Result>> {
    return await this.#infer(images, options, this.clientMode);
  }

  /** As `infer`, by the hosted API's requests. */
  async inferFromApiV0<Result = InferenceResult>(
    images: ImagesInput,
    options: InferOptions = {},
  ): Promise<OneOrMany<Result>> {
    return await this.#infer(images, options, "v0");
  }

  /** As `infer`, by the requests of self-hosted servers; throws a `WrongClientModeError` on a V0 client. */
  async inferFromApiV1<Result = InferenceResult>(
    images: ImagesInput,
    options: InferOptions = {},
  ): Promise<OneOrMany<Result>> {
    return await this.#infer(images, options, "v1");
  }

  async #infer<Result>(images: ImagesInput, options: InferOptions, mode: "v0" | "v1"): Promise<OneOrMany<Result>> {
    const [state, call] = this.begin(options, ["modelId"]);
    if (mode === "v1") registry.requireV1(state);
    const run = mode === "v0" ? inferV0 : inferV1;
    return unwrapSingle(await run(state, images, chooseModel(state, options.modelId), call)) as OneOrMany<Result>;
  }

  /**
   * Runs a model on the pictures of a folder, the frames of a video or whatever an iterable yields, one after another:
   * the next one is read when the loop asks for it. Yields reference (path, or index from 0), pixels and result.
   */
  async *inferOnStream<Result = InferenceResult>(
    inputUri: StreamInput,
    options: InferOptions = {},
  ): AsyncGenerator<readonly [...StreamFrame, prediction: Result], void, undefined> {
    const [state, call] = this.begin(options, ["modelId"]);
    const modelId = chooseModel(state, options.modelId);
    const run = state.mode === "v0" ? inferV0 : inferV1;
    for await (const [reference, frame] of streamFrames(state, inputUri, call)) {
      const [result] = await run(state, { ...frame, channels: 3 }, modelId, call);
      yield [reference, frame, result as Result];
    }
  }

  /** Sends a clip to an action recognition model, in the client's mode. */
  async inferOnVideo(video: VideoInput, options: InferOptions = {}): Promise<ActionRecognitionResult> {
    return await this.#inferOnVideo(video, options, this.clientMode);
  }

  /** As `inferOnVideo`, by the hosted API's requests. */
  async inferOnVideoFromApiV0(video: VideoInput, options: InferOptions = {}): Promise<ActionRecognitionResult> {
    return await this.#inferOnVideo(video, options, "v0");
  }

  /** As `inferOnVideo`, by the requests of self-hosted servers. */
  async inferOnVideoFromApiV1(video: VideoInput, options: InferOptions = {}): Promise<ActionRecognitionResult> {
    return await this.#inferOnVideo(video, options, "v1");
  }

  async #inferOnVideo(video: VideoInput, options: InferOptions, mode: "v0" | "v1"): Promise<ActionRecognitionResult> {
    const [state, call] = this.begin(options, ["modelId"]);
    const run = mode === "v0" ? inferOnVideoV0 : inferOnVideoV1;
    const result = await run(state, video, chooseModel(state, options.modelId), call);
    return result as unknown as ActionRecognitionResult;
  }
}
