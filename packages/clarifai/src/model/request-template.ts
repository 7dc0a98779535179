import { create, type JsonObject } from "@bufbuild/protobuf";
import type { ModelAddress } from "../addressing/parse-model-url.ts";
import {
  type Input,
  type Model as ModelMessage,
  ModelSchema,
  type PostModelOutputsRequest,
  PostModelOutputsRequestSchema,
  type RunnerSelector,
  UserAppIDSetSchema,
} from "../gen/clarifai/api/inference_pb.ts";

/** What every output request of a model carries beside its inputs; `null` fields for a server that hosts one model. */
export interface RequestTemplate {
  readonly address: ModelAddress | null;
  readonly runnerSelector: RunnerSelector | null;
}

/** Settings of models without typed methods. */
export interface OutputOptions {
  /** Parameters of the model (`max_tokens`, …), as it documents them. */
  readonly inferenceParams?: Readonly<Record<string, unknown>> | undefined;
  readonly outputConfig?: OutputConfigInput | undefined;
}

/** What a classical model returns. */
export interface OutputConfigInput {
  /** Most concepts, 1 to 200. */
  readonly maxConcepts?: number | undefined;
  /** Lowest score, 0 to 1. */
  readonly minValue?: number | undefined;
  /** Only these concepts, by id or name. */
  readonly selectConcepts?: readonly { readonly id?: string; readonly name?: string }[] | undefined;
  /** Video: a frame every so many milliseconds. */
  readonly sampleMs?: number | undefined;
  readonly language?: string | undefined;
}

/** Per-call fields of a request. */
export interface RequestFields {
  readonly usePredictCache?: boolean | undefined;
  readonly runnerSelector?: RunnerSelector | undefined;
  readonly output?: OutputOptions | undefined;
}

/** An output request: the template, the inputs, and what the call adds. */
export function buildRequest(
  template: RequestTemplate,
  inputs: Input[],
  fields: RequestFields = {},
): PostModelOutputsRequest {
  const request = create(PostModelOutputsRequestSchema);
  const { address } = template;
  if (address !== null) {
    request.userAppId = create(UserAppIDSetSchema, { userId: address.userId, appId: address.appId });
    request.modelId = address.modelId;
    request.versionId = address.versionId;
  }
  request.inputs = inputs;
  const model = modelOf(address, fields.output);
  if (model !== null) request.model = model;
  const selector = fields.runnerSelector ?? template.runnerSelector;
  if (selector !== null) request.runnerSelector = selector;
  if (fields.usePredictCache === true) request.usePredictCache = true;
  return request;
}

function modelOf(address: ModelAddress | null, output: OutputOptions | undefined): ModelMessage | null {
  const { inferenceParams, outputConfig } = output ?? {};
  const hasOutput = inferenceParams !== undefined || outputConfig !== undefined;
  if (address === null && !hasOutput) return null;
  const outputInfo = hasOutput
    ? {
        outputInfo: {
          ...(inferenceParams === undefined ? {} : { params: inferenceParams as JsonObject }),
          ...(outputConfig === undefined ? {} : { outputConfig: configOf(outputConfig) }),
        },
      }
    : {};
  return create(ModelSchema, {
    ...(address === null ? {} : { id: address.modelId, appId: address.appId, userId: address.userId }),
    modelVersion: { id: address?.versionId ?? "", ...outputInfo },
  });
}

function configOf({
  maxConcepts = 0,
  minValue = 0,
  selectConcepts = [],
  sampleMs = 0,
  language = "",
}: OutputConfigInput) {
  return { maxConcepts, minValue, sampleMs, language, selectConcepts: [...selectConcepts] };
}
