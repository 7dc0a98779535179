import { fileURLToPath } from "node:url";
import { fromJson, type JsonValue, toJson } from "@bufbuild/protobuf";
import {
  ConnectionError,
  InvalidArgumentError,
  SourceNotFoundError,
  TimeoutError,
  toOutcome,
  VisionError,
} from "@ocellus/core";
import { expect } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { InputSchema, MultiOutputResponseSchema } from "../gen/clarifai/api/inference_pb.ts";
import { Model } from "../model/model.ts";
import type { ModelClient } from "../model/model-client.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { type RecordedCase, type RecordedError, type RecordedExchange, signaturesOf } from "./recorded-case.ts";
import { fromRecorded, toRecorded } from "./recorded-values.ts";

const mediaFolder = fileURLToPath(new URL("../../../../fixtures/clarifai/wire/media", import.meta.url));
/** Short waits between repeated calls. */
const retry = { startupDelayMs: 1, throttledDelayMs: 1, unavailableDelayMs: 1 };

/** True for recorded values of which only length and digest are kept. */
export function isShortened(value: unknown): boolean {
  return /"n":\d+,"sha256"/.test(JSON.stringify(value) ?? "");
}

/** What came out, in the recorded form. */
export interface Observed {
  value?: unknown;
  chunks?: unknown[];
  error?: unknown;
}

const asProto = (message: unknown): object => ({
  $proto: {
    type: "clarifai.api.MultiOutputResponse",
    json: toJson(MultiOutputResponseSchema, message as never, { useProtoFieldName: true, enumAsInteger: true }),
  },
});

/** Runs a recorded call of a method. */
export async function observeCase(recorded: RecordedCase, model: ModelClient): Promise<Observed> {
  const { call } = recorded;
  if (call.mode === "raw") return observeInputs(recorded, model);
  const method = call.method!;
  const signature = signaturesOf(call.model!).get(method);
  const isBatch = recorded.case === "list_json_positional" || call.mode === "batch" || recorded.case === "async_batch";
  if (isBatch) return observeBatch(recorded, model, signature!);
  if (call.mode === "async_gather") {
    const prompts = call.args![0] as string[];
    return { value: await Promise.all(prompts.map((prompt) => model.predict({ prompt }))) };
  }
  const withProto = call.with_proto === true;
  const run = model.method(method)(argumentsOf(recorded, signature), withProto ? { withProto } : {});
  const record = (result: unknown): unknown =>
    withProto
      ? { $tuple: [toRecorded(signature!.output, (result as unknown[])[0]), asProto((result as unknown[])[1])] }
      : toRecorded(signature!.output, result);
  if (signature === undefined || signature.kind === "unary") {
    const [value, error] = await toOutcome(run);
    return error === null ? { value: record(value) } : { error };
  }
  const chunks: unknown[] = [];
  try {
    for await (const chunk of run) chunks.push(record(chunk));
  } catch (error) {
    return { chunks, error };
  }
  return { chunks };
}

function argumentsOf({ call }: RecordedCase, signature: MethodSignature | undefined): Record<string, unknown> {
  const args: Record<string, unknown> = {};
  for (const [index, value] of (call.args ?? []).entries()) {
    args[signature?.inputs[index]?.name ?? `argument${index}`] = fromRecorded(value, mediaFolder);
  }
  for (const [name, value] of Object.entries(call.kwargs ?? {})) args[name] = fromRecorded(value, mediaFolder);
  return args;
}

async function observeBatch(
  { call }: RecordedCase,
  model: ModelClient,
  { name, output }: MethodSignature,
): Promise<Observed> {
  const batch = (call.args![0] as unknown[]).map((item) => fromRecorded(item, mediaFolder) as Record<string, unknown>);
  const [settled, error] = await toOutcome(model.predictBatchWithProto(batch, { method: name }));
  if (error !== null) return { error, chunks: [] };
  const [outcomes, response] = settled;
  const values = outcomes.map(([value, failed]) => (failed === null ? toRecorded(output, value) : failed));
  return { value: call.with_proto === true ? { $tuple: [values, asProto(response)] } : values };
}

/** Runs a recorded call of the classical form. */
async function observeInputs({ call }: RecordedCase, model: ModelClient): Promise<Observed> {
  const { kwargs = {} } = call;
  const options = {
    ...("input_type" in kwargs ? { inputType: kwargs.input_type as never } : {}),
    ...("inference_params" in kwargs
      ? { inferenceParams: fromRecorded(kwargs.inference_params, mediaFolder) as never }
      : {}),
    ...("output_config" in kwargs ? { outputConfig: outputConfig(kwargs.output_config) } : {}),
  };
  const { inputs } = model;
  const read = (name: string): never => fromRecorded(kwargs[name], mediaFolder) as never;
  const runs: Record<string, () => unknown> = {
    predict: () =>
      inputs.predict(
        (kwargs.inputs as { $proto: { json: JsonValue } }[]).map(({ $proto }) => fromJson(InputSchema, $proto.json)),
        options,
      ),
    predict_by_url: () => inputs.predictByUrl(read("url"), options),
    predict_by_bytes: () => inputs.predictByBytes(read("input_bytes"), options),
    predict_by_filepath: () => inputs.predictByFilepath(read("filepath"), options),
    generate_by_bytes: () => inputs.generateByBytes(read("input_bytes"), options),
    generate_by_url: () => inputs.generateByUrl(read("url"), options),
    stream_by_bytes: () => inputs.streamByBytes(read("input_bytes_iterator"), options),
  };
  const run = runs[call.method!]!();
  if (run instanceof Promise) {
    const [response, error] = await toOutcome(run);
    return error === null ? { value: asProto(response) } : { error };
  }
  const chunks: unknown[] = [];
  try {
    for await (const response of run as AsyncIterable<unknown>) chunks.push(asProto(response));
  } catch (error) {
    return { chunks, error };
  }
  return { chunks };
}

function outputConfig(recorded: unknown): Record<string, never> {
  const names: Record<string, string> = {
    max_concepts: "maxConcepts",
    min_value: "minValue",
    select_concepts: "selectConcepts",
    sample_ms: "sampleMs",
  };
  const [, config] = Object.entries(recorded as object)[0]!;
  const read = (value: unknown): unknown =>
    Array.isArray(value) ? value.map((item) => (item as { $proto: { json: unknown } }).$proto.json) : value;
  return Object.fromEntries(
    Object.entries(config as object).map(([key, value]) => [names[key]!, read(value)]),
  ) as never;
}

/** The error that stands for what the Python user saw. */
export function expectError(error: unknown, recorded: RecordedError, exchanges: readonly RecordedExchange[]): unknown {
  expect(VisionError.isInstance(error), `no typed error: ${String(error)}`).toBe(true);
  const last = exchanges.at(-1);
  if (last === undefined) {
    const isMistake = InvalidArgumentError.isInstance(error) || SourceNotFoundError.isInstance(error);
    return expect(isMistake, `${String(error)} for ${recorded.type}`).toBe(true);
  }
  const grpc = last.grpc_status.code;
  if (grpc === 14) return expect(ConnectionError.isInstance(error)).toBe(true);
  if (grpc === 4) return expect(TimeoutError.isInstance(error)).toBe(true);
  expect(ClarifaiError.isInstance(error)).toBe(true);
  const failed = error as ClarifaiError;
  if (grpc > 1)
    return expect(failed.grpcStatus).toBe({ 8: "RESOURCE_EXHAUSTED", 13: "INTERNAL", 16: "UNAUTHENTICATED" }[grpc]);
  const response = last.responses.at(-1) as { status: Record<string, unknown>; outputs?: unknown[] };
  if (response.status.code === 10000) return expect(failed.message).toContain("without output");
  expect(failed.statusCode).toBe(response.status.code);
  expect(failed.description).toBe(response.status.description ?? "");
  expect(failed.statusDetails).toBe(response.status.details ?? "");
  return expect(failed.requestId).toBe(response.status.req_id ?? "");
}

/** Runs a recorded constructor, and the call that the recording made of it. */
export async function observeControl(recorded: RecordedCase, baseUrl: string): Promise<Observed> {
  const given = recorded.call.constructor as Record<string, string> & { model_version?: { id: string } };
  const names: Record<string, string> = {
    model_id: "modelId",
    user_id: "userId",
    app_id: "appId",
    deployment_id: "deploymentId",
    deployment_user_id: "deploymentUserId",
    compute_cluster_id: "computeClusterId",
    nodepool_id: "nodepoolId",
    token: "sessionToken",
  };
  const options: Record<string, unknown> = { baseUrl, retry };
  if (given.token === undefined && recorded.case !== "ctor_no_credentials") options.pat = "lab-pat";
  for (const [name, value] of Object.entries(given)) {
    if (name === "model_version") options.version = given.model_version!.id;
    else options[names[name] ?? name] = value;
  }
  const [value, error] = await toOutcome(
    (async () => {
      await using model = new Model(options);
      if (recorded.case === "available_methods") return await model.availableMethods();
      if (recorded.case === "method_signature") return await model.methodSignature("params");
      await model.ready();
      const makesCall = recorded.exchanges.some(({ rpc }) => rpc === "PostModelOutputs");
      return makesCall ? await model.predict({ prompt: "hi" }) : (await model.info()).id;
    })(),
  );
  return error === null ? { value } : { error };
}
