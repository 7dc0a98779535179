import { readdirSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { fromBinary, fromJson, type JsonObject, type JsonValue, toJson } from "@bufbuild/protobuf";
import { ConnectionError, InvalidArgumentError } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ClarifaiError } from "../../errors/clarifai-error.ts";
import { InputSchema, ModelVersionSchema, MultiOutputResponseSchema } from "../../gen/clarifai/api/inference_pb.ts";
import { modelVersionBytes } from "../../golden/recorded-case.ts";
import { Model } from "../../model/model.ts";

const folder = fileURLToPath(new URL("../../../../../fixtures/clarifai/rest", import.meta.url));
const cases = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as RestCase);

interface RestCase {
  readonly case: string;
  readonly model: string;
  readonly rest: { readonly path: string; readonly body: JsonObject; readonly response: JsonValue };
}

interface Received {
  readonly verb: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: JsonObject;
}

let server: Server;
const received: Received[] = [];
let answer: (request: Received) => { readonly status: number; readonly body: string };
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const call = {
      verb: request.method!,
      path: request.url!,
      headers: request.headers,
      body: text === "" ? {} : JSON.parse(text),
    };
    received.push(call);
    const { status, body } = answer(call);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(() => server.close());

const ok = { code: 10000, description: "Ok" };
const open = (model: string): Model =>
  new Model({
    url: `https://clarifai.com/lab/fixtures/models/${model}`,
    pat: "lab-pat",
    transport: "rest",
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    retry: { unavailableDelayMs: 1 },
  });
const account = (model: string, { verb, path }: Received, response: JsonValue): { status: number; body: string } => {
  if (verb === "POST") return { status: 200, body: JSON.stringify(response) };
  const version = toJson(ModelVersionSchema, fromBinary(ModelVersionSchema, modelVersionBytes(model)), {
    useProtoFieldName: true,
  });
  expect(path).toBe(`/v2/users/lab/apps/fixtures/models/${model}`);
  return { status: 200, body: JSON.stringify({ status: ok, model: { id: model, model_version: version } }) };
};

describe("the JSON form of recorded calls", () => {
  it.each(cases.map((recorded) => [recorded.case, recorded] as const))("%s", async (_, { model: name, rest }) => {
    answer = (request) => account(name, request, rest.response);
    received.length = 0;
    await using model = open(name);
    const inputs = (rest.body.inputs as JsonValue[]).map((input) => fromJson(InputSchema, input));
    const settings = (rest.body.model as { model_version?: { output_info?: JsonObject } } | undefined)?.model_version
      ?.output_info;
    const config = settings?.output_config as
      | { max_concepts?: number; min_value?: number; sample_ms?: number }
      | undefined;
    const options = {
      ...(settings?.params === undefined ? {} : { inferenceParams: settings.params as JsonObject }),
      ...(config === undefined
        ? {}
        : {
            outputConfig: { maxConcepts: config.max_concepts, minValue: config.min_value, sampleMs: config.sample_ms },
          }),
    };
    const run = model.inputs.predict(inputs, options);
    const { status } = rest.response as { status: { code: number; details?: string } };
    if (status.code === 10000 || status.code === 10010) {
      const expected = fromJson(MultiOutputResponseSchema, rest.response);
      expect(toJson(MultiOutputResponseSchema, await run)).toEqual(toJson(MultiOutputResponseSchema, expected));
    } else {
      const error = await run.then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(ClarifaiError.isInstance(error) && [error.statusCode, error.statusDetails]).toEqual([
        status.code,
        status.details ?? "",
      ]);
    }
    const call = received.find(({ verb }) => verb === "POST")!;
    expect(call.path).toBe(rest.path);
    expect(call.headers.authorization).toBe("Key lab-pat");
    expect(call.headers["content-type"]).toBe("application/json");
    expect(Object.keys(call.body).sort()).toEqual(Object.keys(rest.body).sort());
    const canonical = (body: JsonObject): JsonValue =>
      (body.inputs as JsonValue[]).map((input) => toJson(InputSchema, fromJson(InputSchema, input)));
    expect(canonical(call.body)).toEqual(canonical(rest.body));
    expect(call.body.model === undefined).toBe(rest.body.model === undefined);
  });
});

describe("REST", () => {
  it("calls typed methods, and refuses streams", async () => {
    const response = {
      status: ok,
      outputs: [{ status: ok, data: { parts: [{ id: "return", data: { string_value: "[hi]" } }] } }],
    };
    answer = (request) => account("alltypes", request, response as never);
    await using model = open("alltypes");
    // GetModelVersion without a version id has no path of its own; the model's has no signatures field of its own, so they are asked of the model.
    answer = (request) => {
      if (request.verb === "GET") return account("alltypes", request, null);
      const method = JSON.stringify(request.body);
      if (!method.includes("_GET_SIGNATURES")) return account("alltypes", request, response as never);
      const version = fromBinary(ModelVersionSchema, modelVersionBytes("alltypes"));
      const signatures = Object.fromEntries(
        (toJson(ModelVersionSchema, version) as { methodSignatures: { name: string }[] }).methodSignatures.map(
          (item) => [item.name, item],
        ),
      );
      return account("alltypes", request, {
        status: ok,
        outputs: [{ status: ok, data: { text: { raw: JSON.stringify(signatures) } } }],
      } as never);
    };
    expect(await model.predict({ prompt: "hi" })).toBe("[hi]");
    const error = await model
      .generate({ prompt: "hi" })
      .finalCompletion()
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  it("tells a gateway's answer from the service's", async () => {
    await using model = open("alltypes");
    answer = () => ({
      status: 404,
      body: JSON.stringify({ status: { code: 21200, description: "Model does not exist", req_id: "r" } }),
    });
    const unknown = await model.info().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(ClarifaiError.isInstance(unknown) && [unknown.statusName, unknown.requestId]).toEqual([
      "MODEL_DOES_NOT_EXIST",
      "r",
    ]);
    answer = () => ({ status: 403, body: "<html>blocked</html>" });
    const blocked = await model.info().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(ClarifaiError.isInstance(blocked) && [blocked.status, blocked.description]).toEqual([
      403,
      "<html>blocked</html>",
    ]);
    let calls = 0;
    answer = () => ({
      status: ++calls < 3 ? 503 : 200,
      body: JSON.stringify(calls < 3 ? {} : { status: ok, model: { id: "alltypes" } }),
    });
    expect((await model.info()).id).toBe("alltypes");
    answer = () => ({ status: 502, body: "" });
    await using other = open("other");
    expect(
      ConnectionError.isInstance(
        await other.info().then(
          () => null,
          (thrown: unknown) => thrown,
        ),
      ),
    ).toBe(true);
  });
});
