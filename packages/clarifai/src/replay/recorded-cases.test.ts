import { fromBinary, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { InvalidArgumentError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { PostModelOutputsRequestSchema, V2 } from "../gen/clarifai/api/inference_pb.ts";
import { accountAnswer } from "../golden/account-answer.ts";
import { expectError, isShortened, type Observed, observeCase, observeControl } from "../golden/observe-case.ts";
import { answerOf, type RecordedCase, readCases, requestsOf } from "../golden/recorded-case.ts";
import { type ReplayServer, startReplayServer } from "../golden/replay-server.ts";
import { Model } from "../model/model.ts";
import { type DeliberateDifference, deliberateDifferences } from "./deliberate-differences.ts";

const outputRpcs = new Set(["PostModelOutputs", "GenerateModelOutputs", "StreamModelOutputs"]);
const retry = { startupDelayMs: 1, throttledDelayMs: 1, unavailableDelayMs: 1 };

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

const cases = readCases();
const ours = cases.filter(({ call }) => call.target === "Model" && call.mode !== "control");

describe("recorded calls of the Python client", () => {
  it.each(ours.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    const difference = deliberateDifferences[name];
    if (difference?.kind === "inexpressible" || (difference?.kind === "works" && recorded.exchanges.length === 0))
      return;
    if (isShortened(recorded.call.args)) return;
    script(recorded);
    await using model = openModel(recorded);
    const observed = await observeCase(recorded, model);
    if (difference === undefined) expectSame(observed, recorded);
    else expectations[difference.kind](observed, recorded, difference);
  });
});

const outputCalls = (): unknown[] => server.calls.filter(({ rpc }) => outputRpcs.has(rpc));

function expectSame(observed: Observed, { result, exchanges, ...recorded }: RecordedCase): void {
  if (result.error !== undefined) expectError(observed.error, result.error, exchanges);
  else expect(observed.error).toBeUndefined();
  if ("value" in result && !isShortened(result.value)) expect(observed.value).toEqual(result.value);
  if ("chunks" in result && !isShortened(result.chunks)) expect(observed.chunks ?? []).toEqual(result.chunks);
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

describe("recorded constructors of the Python client", () => {
  it.each(control.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    script(recorded);
    const observed = await observeControl(recorded, `http://127.0.0.1:${server.port}`);
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
