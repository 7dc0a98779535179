import { create, fromBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { AbortedError, ConnectionError, DisposedError, InvalidArgumentError, TimeoutError } from "@ocellus/core";
import { afterEach, describe, expect, it } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { MultiOutputResponseSchema, type PostModelOutputsRequest } from "../gen/clarifai/api/inference_pb.ts";
import {
  type FaultServer,
  type OutputHandlers,
  promptOf,
  startFaultServer,
  statusResponse,
  textResponse,
} from "../golden/fault-server.ts";
import { answerOf, readCases } from "../golden/recorded-case.ts";
import { splitFrames } from "../golden/replay-server.ts";
import { Model, type ModelOptions } from "../model/model.ts";
import { ModelClient } from "../model/model-client.ts";

const retry = { startupDelayMs: 1, throttledDelayMs: 1, unavailableDelayMs: 1 };
const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of opened.splice(0).reverse()) await thing.close();
});

async function serve(
  handlers: OutputHandlers,
  options: Partial<ModelOptions> = {},
): Promise<{ server: FaultServer; model: Model }> {
  const server = await startFaultServer(handlers);
  opened.push(server);
  const url = "https://clarifai.com/lab/fixtures/models/alltypes";
  const model = new Model({ url, pat: "lab-pat", baseUrl: `http://127.0.0.1:${server.port}`, retry, ...options });
  opened.push(model);
  return { server, model };
}

async function failure(promise: PromiseLike<unknown>): Promise<unknown> {
  return await promise.then(
    (value) => expect.fail(`did not fail but gave ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
}

/** Reads a stream to its end or failure. */
async function read(stream: AsyncIterable<unknown>): Promise<[chunks: unknown[], error: unknown]> {
  const chunks: unknown[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    return [chunks, error];
  }
  return [chunks, null];
}

const deferred = (): { promise: Promise<void>; resolve: () => void } => {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
};

describe("calls that are repeated", () => {
  it.each([21351, 21354, 21355, 11003, 11005])("%i twice, then success", async (code) => {
    let calls = 0;
    const { model, server } = await serve({
      postModelOutputs: async () => (++calls <= 2 ? statusResponse(code) : textResponse("ok")),
    });
    expect(await model.predict({ prompt: "hi" })).toBe("ok");
    expect(server.counts.postModelOutputs).toBe(3);
  });

  it("throttled for good: the last answer is the error", async () => {
    const { model, server } = await serve(
      { postModelOutputs: async () => statusResponse(11005, "Too many requests") },
      { retry: { ...retry, throttledAttempts: 4 } },
    );
    const error = await failure(model.predict({ prompt: "hi" }));
    expect(ClarifaiError.isInstance(error) && [error.statusName, error.requestId, error.status]).toEqual([
      "CONN_THROTTLED",
      "req-1",
      429,
    ]);
    expect(server.counts.postModelOutputs).toBe(4);
  });

  it("no longer than the budget for a model to start", async () => {
    const { model, server } = await serve(
      { postModelOutputs: async () => statusResponse(21351) },
      { retry: { ...retry, startupBudgetMs: 0 } },
    );
    expect(ClarifaiError.isInstance(await failure(model.predict({ prompt: "hi" })))).toBe(true);
    expect(server.counts.postModelOutputs).toBe(1);
  });

  it("not those that fail for good", async () => {
    const { model, server } = await serve({
      postModelOutputs: async () => statusResponse(21353, "Model is not deployed"),
    });
    const error = await failure(model.predict({ prompt: "hi" }));
    expect(ClarifaiError.isInstance(error) && [error.statusCode, error.description]).toEqual([
      21353,
      "Model is not deployed",
    ]);
    expect(server.counts.postModelOutputs).toBe(1);
  });

  it("a connection that breaks before the answer", async () => {
    let calls = 0;
    const { model, server } = await serve({
      postModelOutputs: async () => {
        if (++calls === 1) server.drop();
        return textResponse(`call ${calls}`);
      },
    });
    expect(await model.predict({ prompt: "hi" })).toBe("call 2");
  });

  it("the runner's limit of calls in flight", async () => {
    let calls = 0;
    const { model } = await serve({
      postModelOutputs: async () => {
        if (++calls < 3) throw new ConnectError("Concurrent RPC limit exceeded!", Code.ResourceExhausted);
        return textResponse("ok");
      },
    });
    expect(await model.predict({ prompt: "hi" })).toBe("ok");
  });
});

describe("a batch of which some fail", () => {
  it("keeps what succeeded", async () => {
    const { model } = await serve({
      postModelOutputs: async ({ inputs }) => {
        const good = (text: string) => textResponse(text).outputs[0]!;
        const bad = { status: { code: 10020, details: "no luck" } } as const;
        return create(MultiOutputResponseSchema, {
          status: { code: 10010 },
          outputs: [good("a"), bad, good(`${inputs.length}`)],
        });
      },
    });
    const [first, second, third] = await model.predictBatch([{ prompt: "a" }, { prompt: "b" }, { prompt: "c" }]);
    expect([first, third]).toEqual([
      ["a", null],
      ["3", null],
    ]);
    const error = second![1];
    expect(ClarifaiError.isInstance(error) && [error.statusDetails, error.outputIndex]).toEqual(["no luck", 1]);
  });
});

describe("server streams", () => {
  it("keep an empty first chunk, and end quietly without any", async () => {
    const { model } = await serve({
      generateModelOutputs: async function* (request) {
        if (promptOf(request) === "none") return;
        for (const text of ["", "mid", ""]) yield textResponse(text);
      },
    });
    expect(await read(model.generate({ prompt: "some" }))).toEqual([["", "mid", ""], null]);
    expect(await read(model.generate({ prompt: "none" }))).toEqual([[], null]);
    expect(await model.generate({ prompt: "some" }).finalCompletion()).toBe("mid");
  });

  it("fail after what was delivered, and are not repeated then", async () => {
    const { model, server } = await serve({
      generateModelOutputs: async function* () {
        yield textResponse("one");
        yield statusResponse(21354, "Model is busy");
      },
    });
    const stream = model.generate({ prompt: "x" });
    const [chunks, error] = await read(stream);
    expect(chunks).toEqual(["one"]);
    expect(ClarifaiError.isInstance(error) && error.statusCode).toBe(21354);
    expect(await failure(stream.finalCompletion())).toBe(error);
    expect(server.counts.generateModelOutputs).toBe(1);
  });

  it("are repeated while the first answer says that the model starts", async () => {
    let calls = 0;
    const { model } = await serve({
      generateModelOutputs: async function* () {
        if (++calls <= 2) yield statusResponse(21351);
        else yield textResponse("ready");
      },
    });
    expect(await read(model.generate({ prompt: "x" }))).toEqual([["ready"], null]);
    expect(calls).toBe(3);
  });

  it("that break are errors of the connection", async () => {
    const { model, server } = await serve({
      generateModelOutputs: async function* () {
        yield textResponse("one");
        setTimeout(() => server.drop(), 20);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      },
    });
    const [chunks, error] = await read(model.generate({ prompt: "x" }));
    expect(chunks).toEqual(["one"]);
    expect(ConnectionError.isInstance(error)).toBe(true);
  });

  it("arrive as they are sent", async () => {
    const taken = deferred();
    const { model } = await serve({
      generateModelOutputs: async function* () {
        yield textResponse("one");
        await taken.promise;
        yield textResponse("two");
      },
    });
    const chunks: string[] = [];
    for await (const chunk of model.generate({ prompt: "x" })) {
      chunks.push(chunk);
      taken.resolve();
    }
    expect(chunks).toEqual(["one", "two"]);
  });

  it("stop the model when the loop is left", async () => {
    const stopped = deferred();
    const { model } = await serve({
      generateModelOutputs: async function* (_, context) {
        context.signal.addEventListener("abort", () => stopped.resolve());
        while (!context.signal.aborted) {
          yield textResponse("on");
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
    });
    const stream = model.generate({ prompt: "x" });
    for await (const chunk of stream) if (chunk === "on") break;
    await stopped.promise;
    expect(AbortedError.isInstance(await failure(stream.finalCompletion()))).toBe(true);
    expect(() => stream[Symbol.asyncIterator]()).toThrow(InvalidArgumentError);
  });

  it("are limited from one answer to the next, or as a whole", async () => {
    const { model } = await serve({
      generateModelOutputs: async function* (_, context) {
        for (let i = 0; !context.signal.aborted && i < 200; i++) {
          yield textResponse("on");
          await new Promise((resolve) => setTimeout(resolve, i < 3 ? 1 : 30_000));
        }
      },
    });
    const [chunks, error] = await read(model.generate({ prompt: "x" }, { timeoutMs: 300 }));
    expect(chunks.length).toBeGreaterThan(0);
    expect(TimeoutError.isInstance(error)).toBe(true);
  });

  it("wait for a slow reader", async () => {
    const text = "x".repeat(10_000);
    let sent = 0;
    const total = 4000;
    const { model } = await serve({
      generateModelOutputs: async function* () {
        for (; sent < total; sent++) yield textResponse(text);
      },
    });
    let got = 0;
    for await (const chunk of model.generate({ prompt: "x" }, { keepChunks: false })) {
      if (got++ === 0) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        expect(sent).toBeLessThan(total);
      }
      expect((chunk as string).length).toBe(text.length);
    }
    expect(got).toBe(total);
  });
});

describe("bidirectional streams", () => {
  const echo: OutputHandlers = {
    streamModelOutputs: async function* (requests) {
      for await (const request of requests) yield textResponse(`${promptOf(request)}!`);
    },
  };

  it("answer request by request when the server does", async () => {
    const { model } = await serve(echo);
    let answered = deferred();
    const texts = (async function* () {
      for (const text of ["a", "b", "c"]) {
        yield text;
        await answered.promise;
        answered = deferred();
      }
    })();
    const chunks: string[] = [];
    for await (const chunk of model.stream({ texts })) {
      chunks.push(chunk);
      answered.resolve();
    }
    expect(chunks).toEqual(["a!", "b!", "c!"]);
  });

  it("half-close for a server that reads everything first", async () => {
    const { model } = await serve({
      streamModelOutputs: async function* (requests) {
        const all: string[] = [];
        for await (const request of requests) all.push(promptOf(request));
        yield textResponse(all.join("+"));
      },
    });
    expect(await model.stream({ texts: ["a", "b", "c"].values() }).finalCompletion()).toBe("a+b+c");
  });

  it("send only the streamed part after the first request", async () => {
    const seen: string[] = [];
    const { model } = await serve({
      streamModelOutputs: async function* (requests) {
        for await (const request of requests) {
          const parts = (request as PostModelOutputsRequest).inputs[0]!.data!.parts;
          seen.push(parts.map(({ id, data }) => `${id}=${data?.stringValue}`).join(" "));
        }
        yield textResponse("done");
      },
    });
    await model.stream({ texts: ["a", "b"].values(), suffix: "?" }).finalCompletion();
    expect(seen).toEqual(["texts=a suffix=?", "texts=b"]);
  });

  it("are repeated with the same first item while no other was taken", async () => {
    let calls = 0;
    const { model } = await serve({
      streamModelOutputs: async function* (requests) {
        if (++calls < 3) yield statusResponse(21354);
        else yield* echo.streamModelOutputs!(requests, undefined as never) as AsyncIterable<never>;
      },
    });
    const gate = deferred();
    const texts = (async function* () {
      yield "first";
      await gate.promise;
      yield "second";
    })();
    const chunks: string[] = [];
    for await (const chunk of model.stream({ texts })) {
      chunks.push(chunk);
      gate.resolve();
    }
    expect(chunks).toEqual(["first!", "second!"]);
    expect(calls).toBe(3);
  });

  it("do not read a source ahead of the connection", async () => {
    const gate = deferred();
    const { model } = await serve({
      streamModelOutputs: async function* (requests) {
        await gate.promise;
        let count = 0;
        for await (const _ of requests) count++;
        yield textResponse(String(count));
      },
    });
    let taken = 0;
    const total = 300;
    const texts = (async function* () {
      for (; taken < total; taken++) yield "y".repeat(100_000);
    })();
    const result = model.stream({ texts }).finalCompletion();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(taken).toBeLessThan(total);
    gate.resolve();
    expect(await result).toBe(String(total));
  });

  it("fail with the error of their source, and tell it when they end", async () => {
    const { model } = await serve({
      streamModelOutputs: async function* (requests) {
        for await (const request of requests) {
          yield textResponse(promptOf(request));
          if (promptOf(request) === "stop") return;
        }
      },
    });
    const failing = (async function* () {
      yield "a";
      throw new RangeError("the microphone is gone");
    })();
    expect((await failure(model.stream({ texts: failing }).finalCompletion())) as Error).toMatchObject({
      message: "the microphone is gone",
    });
    const told = deferred();
    const endless = (async function* () {
      try {
        yield "stop";
        while (true) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          yield "more";
        }
      } finally {
        told.resolve();
      }
    })();
    expect(await model.stream({ texts: endless }).finalCompletion()).toBe("stop");
    await told.promise;
  });

  it("refuse an empty source and a list before anything is sent", async () => {
    const { model, server } = await serve(echo);
    expect(InvalidArgumentError.isInstance(await failure(model.stream({ texts: [].values() }).finalCompletion()))).toBe(
      true,
    );
    expect(((await failure(model.stream({ texts: ["a"] }).finalCompletion())) as Error).message).toContain(
      "list.values()",
    );
    expect(server.counts.streamModelOutputs).toBeUndefined();
  });
});

describe("methods of the model", () => {
  const recorded = readCases().find((item) => item.case === "ctor_signatures_backup")!;
  const signatures = recorded.exchanges.find(
    ({ rpc, responses }) => rpc === "PostModelOutputs" && JSON.stringify(responses).includes("18892"),
  )!;
  const text = fromBinary(MultiOutputResponseSchema, splitFrames(answerOf(signatures).frames)[0]!);

  it("come from the model itself where GetModelVersion is not implemented", async () => {
    const { model, server } = await serve({
      getModelVersion: async () => {
        throw new ConnectError("no such call", Code.Unimplemented);
      },
      postModelOutputs: async (request) => {
        const method = request.inputs[0]?.data?.metadata?._method_name;
        return method === "_GET_SIGNATURES" ? text : textResponse(String(method));
      },
    });
    expect(await model.methodSignature("params")).toBe(
      "def params(prompt: str, max_tokens: int = 512, temperature: float = 0.7, mode: str = low, system: str, as_input: str = z) -> data_types.JSON:",
    );
    expect(await model.method("predict")({ prompt: "hi" })).toBe("predict");
    expect(await Promise.all([model.methods.predict!({ prompt: "hi" }), model.predict({ prompt: "hi" })])).toEqual([
      "predict",
      "predict",
    ]);
    // Asked once, remembered.
    expect(server.counts.getModelVersion).toBe(1);
  });

  it("are asked of a local runner directly", async () => {
    const server = await startFaultServer({
      postModelOutputs: async (request) => {
        expect(request.modelId).toBe("");
        expect(request.userAppId).toBeUndefined();
        return request.inputs[0]?.data?.metadata?._method_name === "_GET_SIGNATURES" ? text : textResponse("local");
      },
    });
    opened.push(server);
    const model = ModelClient.fromLocalGrpc({ port: server.port });
    opened.push(model);
    expect(await model.predict({ prompt: "hi" })).toBe("local");
    expect(server.counts.getModelVersion).toBeUndefined();
  });

  it("of a wrong name or kind are refused with the right ones", async () => {
    const { model } = await serve({});
    expect(((await failure(model.method("predictt")())) as Error).message).toContain('Did you mean "predict"?');
    expect(((await failure(model.predict({ promt: "x" }))) as Error).message).toContain(
      'arguments.promt is not known. Did you mean "prompt"?',
    );
    expect(((await failure(model.predictBatch([{}], { method: "generate" }))) as Error).message).toContain(
      "server-stream",
    );
    expect(
      ((await failure(model.method("params")({ prompt: "x", max_tokens: 0 }, { checkParams: true }))) as Error).message,
    ).toContain("from 1 to 4096");
  });
});

describe("limits", () => {
  it("abort a call at once, and tell the server", async () => {
    const [started, stopped] = [deferred(), deferred()];
    const { model } = await serve({
      postModelOutputs: async (_, context) => {
        context.signal.addEventListener("abort", () => stopped.resolve());
        started.resolve();
        await stopped.promise;
        return textResponse("late");
      },
    });
    const controller = new AbortController();
    const call = failure(model.predict({ prompt: "hi" }, { signal: controller.signal }));
    await started.promise;
    controller.abort(new Error("changed my mind"));
    const error = await call;
    expect(AbortedError.isInstance(error) && (error.cause as Error).message).toBe("changed my mind");
    await stopped.promise;
  });

  it("end a call that takes too long, also while it waits for the model to start", async () => {
    const { model } = await serve(
      {
        postModelOutputs: async ({ inputs }) => {
          if (inputs[0]?.data?.parts[0]?.data?.stringValue === "busy") return statusResponse(21351);
          return await new Promise(() => undefined);
        },
      },
      { retry: { ...retry, startupDelayMs: 60_000 } },
    );
    expect(TimeoutError.isInstance(await failure(model.predict({ prompt: "slow" }, { timeoutMs: 100 })))).toBe(true);
    expect(TimeoutError.isInstance(await failure(model.predict({ prompt: "busy" }, { timeoutMs: 100 })))).toBe(true);
  });

  it("end everything when the client is closed", async () => {
    const started = deferred();
    const { model } = await serve({
      postModelOutputs: async () => {
        started.resolve();
        return await new Promise(() => undefined);
      },
    });
    const call = failure(model.predict({ prompt: "hi" }));
    await started.promise;
    await model.close();
    expect(DisposedError.isInstance(await call)).toBe(true);
    expect(DisposedError.isInstance(await failure(model.predict({ prompt: "hi" })))).toBe(true);
  });

  it("refuse an answer above the largest message", async () => {
    const { model } = await serve(
      { postModelOutputs: async () => textResponse("x".repeat(100_000)) },
      { maxMessageBytes: 50_000 },
    );
    const error = await failure(model.predict({ prompt: "hi" }));
    expect(ClarifaiError.isInstance(error) && error.grpcStatus).toBe("RESOURCE_EXHAUSTED");
  });

  it("carry messages of many megabytes both ways", async () => {
    const { model } = await serve({ postModelOutputs: async (request) => textResponse(promptOf(request)) });
    const prompt = "x".repeat(8 * 1024 * 1024);
    expect((await model.predict<string>({ prompt })).length).toBe(prompt.length);
  });

  it("name a server that cannot be reached", async () => {
    const { model, server } = await serve({});
    await server.close();
    const error = await failure(model.predict({ prompt: "hi" }));
    expect(ConnectionError.isInstance(error) && error.message).toContain("ECONNREFUSED");
    expect(JSON.stringify(error)).not.toContain("lab-pat");
  });
});
