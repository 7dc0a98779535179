import { fileURLToPath } from "node:url";
import { fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import {
  ConnectionError,
  InvalidArgumentError,
  SourceNotFoundError,
  TimeoutError,
  toOutcome,
  VisionError,
} from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import {
  InputSchema,
  MultiOutputResponseSchema,
  PostModelOutputsRequestSchema,
  V2,
} from "../gen/clarifai/api/inference_pb.ts";
import { accountAnswer } from "../golden/account-answer.ts";
import {
  answerOf,
  type RecordedCase,
  type RecordedError,
  type RecordedExchange,
  readCases,
  requestsOf,
  signaturesOf,
} from "../golden/recorded-case.ts";
import { fromRecorded, toRecorded } from "../golden/recorded-values.ts";
import { type ReplayServer, startReplayServer } from "../golden/replay-server.ts";
import { Model } from "../model/model.ts";
import type { MethodSignature } from "../signatures/method-signature.ts";
import { type DeliberateDifference, deliberateDifferences } from "./deliberate-differences.ts";

const mediaFolder = fileURLToPath(new URL("../../../../fixtures/clarifai/wire/media", import.meta.url));
const outputRpcs = new Set(["PostModelOutputs", "GenerateModelOutputs", "StreamModelOutputs"]);
const retry = { startupDelayMs: 1, throttledDelayMs: 1, unavailableDelayMs: 1 };
const _success = { status: { code: 10000 } } as const;

let server: ReplayServer;
beforeAll(async () => {
  server = await startReplayServer();
});
afterAll(() => server.close());

/** Answers output calls from the record, in order; account calls from the record or from the recorded methods. */
function script(recorded: RecordedCase): void {
  const left = [...recorded.exchanges];
  const model = recorded.call.model ?? "alltypes";
  server.calls.length = 0;
  server.answer = (rpc) => {
    const index = left.findIndex((exchange) => exchange.rpc === rpc);
    if (index >= 0) return answerOf(left.splice(index, 1)[0]!);
    return outputRpcs.has(rpc) ? null : accountAnswer(rpc, model);
  };
}

function openModel({ call }: RecordedCase): Model {
  const { model, version } = call;
  const url = `https://clarifai.com/lab/fixtures/models/${model}${version ? `/versions/${version}` : ""}`;
  return new Model({ url, pat: "lab-pat", baseUrl: `http://127.0.0.1:${server.port}`, retry });
}

/** What came out, in the recorded form. */
interface Observed {
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
async function observe(recorded: RecordedCase, model: Model): Promise<Observed> {
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
  model: Model,
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
async function observeInputs({ call }: RecordedCase, model: Model): Promise<Observed> {
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
function expectError(error: unknown, recorded: RecordedError, exchanges: readonly RecordedExchange[]): unknown {
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

const readable = (bytes: Uint8Array): JsonValue =>
  toJson(PostModelOutputsRequestSchema, fromBinary(PostModelOutputsRequestSchema, bytes), { useProtoFieldName: true });

function expectRequests(recorded: RecordedCase): void {
  const sent = server.calls.filter(({ rpc }) => outputRpcs.has(rpc));
  const expected = recorded.exchanges.filter(({ rpc }) => outputRpcs.has(rpc));
  expect(sent.map(({ rpc }) => rpc)).toEqual(expected.map(({ rpc }) => rpc));
  for (const exchange of expected) {
    const wanted = requestsOf(exchange);
    // Calls that run at the same time may arrive in any order.
    const match = sent.findIndex(
      ({ messages }) => JSON.stringify(messages.map(readable)) === JSON.stringify(wanted.map(readable)),
    );
    const call = sent.splice(Math.max(match, 0), 1)[0]!;
    expect(call.messages.map(readable)).toEqual(wanted.map(readable));
    expect(call.messages.map(({ length }) => length)).toEqual(wanted.map(({ length }) => length));
    for (const [name, value] of Object.entries(exchange.metadata)) {
      if (name === "user-agent" || name.startsWith("grpc-")) continue;
      expect(name in call.headers, name).toBe(true);
      if (name !== "x-clarifai-request-id-prefix") expect(call.headers[name]).toBe(value);
    }
  }
}

const shortened = (value: unknown): boolean => /"n":\d+,"sha256"/.test(JSON.stringify(value) ?? "");
const cases = readCases();
const ours = cases.filter(({ call }) => call.target === "Model" && call.mode !== "control");

describe("recorded calls of the Python client", () => {
  it.each(ours.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    const difference = deliberateDifferences[name];
    if (difference?.kind === "inexpressible" || (difference?.kind === "works" && recorded.exchanges.length === 0))
      return;
    if (shortened(recorded.call.args)) return;
    script(recorded);
    await using model = openModel(recorded);
    const observed = await observe(recorded, model);
    if (difference === undefined) expectSame(observed, recorded);
    else expectations[difference.kind](observed, recorded, difference);
  });
});

const outputCalls = (): unknown[] => server.calls.filter(({ rpc }) => outputRpcs.has(rpc));

function expectSame(observed: Observed, { result, exchanges, ...recorded }: RecordedCase): void {
  if (result.error !== undefined) expectError(observed.error, result.error, exchanges);
  else expect(observed.error).toBeUndefined();
  if ("value" in result && !shortened(result.value)) expect(observed.value).toEqual(result.value);
  if ("chunks" in result && !shortened(result.chunks)) expect(observed.chunks ?? []).toEqual(result.chunks);
  expectRequests({ result, exchanges, ...recorded });
}

type Expectation = (observed: Observed, recorded: RecordedCase, difference: DeliberateDifference) => void;

const expectations: Readonly<Record<DeliberateDifference["kind"], Expectation>> = {
  refused: ({ error }) => {
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(outputCalls()).toEqual([]);
  },
  accepted: () => {
    expect(outputCalls().length).toBeGreaterThan(0);
  },
  once: ({ error }) => {
    expect(ClarifaiError.isInstance(error)).toBe(true);
    expect(outputCalls().length).toBe(1);
  },
  works: ({ error, chunks }, recorded, difference) => {
    expect(error).toBeUndefined();
    if (difference.chunks !== undefined) expect(chunks).toEqual(difference.chunks);
    expectRequests(recorded);
  },
  "extra-part": ({ value }, recorded, difference) => {
    expect(value).toEqual(difference.value ?? recorded.result.value);
    expectExtraPart(recorded);
  },
  inexpressible: () => undefined,
};

/** Equal but for one part more at the front. */
function expectExtraPart(recorded: RecordedCase): void {
  const call = server.calls.find(({ rpc }) => outputRpcs.has(rpc))!;
  const sent = fromBinary(PostModelOutputsRequestSchema, call.messages[0]!);
  expect(sent.inputs[0]!.data!.parts.length).toBeGreaterThan(0);
  sent.inputs[0]!.data!.parts.shift();
  const wanted = requestsOf(recorded.exchanges[0]!)[0]!;
  expect(toBinary(PostModelOutputsRequestSchema, sent).length).toBe(wanted.length);
  expect(toJson(PostModelOutputsRequestSchema, sent, { useProtoFieldName: true })).toEqual(readable(wanted));
}

const control = cases.filter(({ call }) => call.target === "Model" && call.mode === "control");

/** Runs a recorded constructor, and the call that the recording made of it. */
async function observeControl(recorded: RecordedCase): Promise<Observed> {
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
  const options: Record<string, unknown> = { baseUrl: `http://127.0.0.1:${server.port}`, retry };
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

describe("recorded constructors of the Python client", () => {
  it.each(control.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    script(recorded);
    const observed = await observeControl(recorded);
    const difference = deliberateDifferences[name];
    if (difference?.kind === "refused") return expect(InvalidArgumentError.isInstance(observed.error)).toBe(true);
    if (difference?.kind === "accepted") return expect(observed.error).toBeUndefined();
    const { result, exchanges } = recorded;
    if (result.error === undefined) expect(observed.value).toEqual(result.value);
    else if (exchanges.length === 0 || result.error.type === "UserError") {
      expect(InvalidArgumentError.isInstance(observed.error), String(observed.error)).toBe(true);
    } else expectError(observed.error, result.error, exchanges);
    expect(server.calls.map(({ rpc }) => rpc)).toEqual(exchanges.map(({ rpc }) => rpc));
    for (const [index, exchange] of exchanges.entries()) {
      const { input } = V2.method[(exchange.rpc[0]!.toLowerCase() + exchange.rpc.slice(1)) as "getModel"];
      const read = (bytes: Uint8Array): JsonValue =>
        toJson(input, fromBinary(input, bytes), { useProtoFieldName: true });
      expect(server.calls[index]!.messages.map(read)).toEqual(requestsOf(exchange).map(read));
    }
  });
});

it("covers every recorded case but those of the command line", () => {
  expect(cases.length).toBe(317);
  expect(ours.length + control.length + cases.filter(({ call }) => call.target === "cli").length).toBe(317);
  const unknown = Object.keys(deliberateDifferences).filter(
    (name) => !cases.some((recorded) => recorded.case === name),
  );
  expect(unknown).toEqual([]);
});
