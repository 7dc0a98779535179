import { InvalidArgumentError } from "@ocellus/core";
import { describe, expect, it } from "vitest";
import { expectError, isShortened, type Observed, observeCase, observeControl } from "../src/golden/observe-case.ts";
import { type RecordedCase, readCases } from "../src/golden/recorded-case.ts";
import { Model, ModelClient } from "../src/index.ts";
import { deliberateDifferences } from "../src/replay/deliberate-differences.ts";

const gateway = `http://127.0.0.1:${process.env.PEER_GATEWAY_PORT}`;
const localPort = Number(process.env.PEER_LOCAL_PORT);
const retry = { startupDelayMs: 1, throttledDelayMs: 1, unavailableDelayMs: 1 };
const cases = readCases().filter(({ call }) => call.target === "Model");

function openModel({ call }: RecordedCase): Model {
  const version = call.version ? `/versions/${call.version}` : "";
  return new Model({ url: `lab/fixtures/models/${call.model}${version}`, pat: "lab-pat", baseUrl: gateway, retry });
}

/** What the recorded Python client got, or what ours gets on purpose. */
function expectResult(observed: Observed, recorded: RecordedCase): void {
  const difference = deliberateDifferences[recorded.case];
  if (difference?.kind === "refused") expect(InvalidArgumentError.isInstance(observed.error)).toBe(true);
  else if (difference?.kind === "extra-part") {
    // The recorded answers show what the server makes of a call without its first parameter; ours sends it.
    expect(observed.error).toBeUndefined();
  } else if (difference === undefined) expectSame(observed, recorded);
  else if (difference.chunks !== undefined) expect(observed.chunks).toEqual(difference.chunks);
}

function expectSame({ value, chunks, error }: Observed, { result, exchanges }: RecordedCase): void {
  if (result.error !== undefined) expectError(error, result.error, exchanges);
  else expect(error).toBeUndefined();
  if ("value" in result && !isShortened(result.value)) expect(value).toEqual(result.value);
  if ("chunks" in result && !isShortened(result.chunks)) expect(chunks ?? []).toEqual(result.chunks);
}

const isRunnable = ({ case: name, call }: RecordedCase): boolean =>
  deliberateDifferences[name]?.kind !== "inexpressible" &&
  !isShortened(call.args) &&
  call.mode !== "control" &&
  name !== "async_stream";

describe("every recorded call against the real runner, through the account calls", () => {
  it.each(cases.filter(isRunnable).map((recorded) => [recorded.case, recorded] as const))("%s", async (_, recorded) => {
    await using model = openModel(recorded);
    expectResult(await observeCase(recorded, model), recorded);
  });
});

describe("every recorded constructor against the real account calls", () => {
  const control = cases.filter(({ call }) => call.mode === "control");
  it.each(control.map((recorded) => [recorded.case, recorded] as const))("%s", async (name, recorded) => {
    const { value, error } = await observeControl(recorded, gateway);
    const kind = deliberateDifferences[name]?.kind;
    if (kind === "refused") expect(InvalidArgumentError.isInstance(error)).toBe(true);
    else if (kind === "accepted" || recorded.result.error === undefined) {
      expect(error).toBeUndefined();
      if (kind === undefined) expect(value).toEqual(recorded.result.value);
    } else expect(error).toBeInstanceOf(Error);
  });
});

describe("a local runner without account calls", () => {
  const local = cases.filter(
    (recorded) =>
      isRunnable(recorded) &&
      recorded.call.model === "alltypes" &&
      !recorded.call.version &&
      recorded.call.mode === "call",
  );
  const model = ModelClient.fromLocalGrpc({ port: localPort, retry });
  it.each(local.map((recorded) => [recorded.case, recorded] as const))("%s", async (_, recorded) => {
    expectResult(await observeCase(recorded, model), recorded);
  });

  it("keeps defaults that a call without its first parameter loses", async () => {
    expect(await model.method("default_first_float")({ n: 5 })).toEqual({ t: 0.7, n: 5 });
    expect(await model.method("default_first_list")({ n: 5 })).toEqual({ stop: ["x", "y"], n: 5 });
    expect(await model.method("no_args_zero")()).toBe(0);
    expect(await model.method("no_args")()).toBe("nothing");
  });

  it("carries 64 MiB back and a picture of 8 MiB there", async () => {
    expect((await model.method<object, Uint8Array>("big")({ n_bytes: 64 * 2 ** 20 })).length).toBe(64 * 2 ** 20);
    const image = { bytes: new Uint8Array(8 * 2 ** 20) };
    expect(await model.method("size_image")({ image }, { timeoutMs: 60_000 })).toBeDefined();
  });

  it("stops a stream that is left, and answers the next call", async () => {
    for await (const chunk of model.method<object, unknown, number>("gen_slow")({ n: 1000, ms: 5 }))
      if (chunk === 3) break;
    expect(await model.predict({ prompt: "still there" })).toBe("[still there]");
  });

  it("takes a hundred calls at once, above the runner's limit of 42", async () => {
    const calls = Array.from({ length: 100 }, (_, index) => model.predict({ prompt: String(index) }));
    expect(await Promise.all(calls)).toEqual(calls.map((_, index) => `[${index}]`));
  });
});
