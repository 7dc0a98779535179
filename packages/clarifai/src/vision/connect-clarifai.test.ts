import { fileURLToPath } from "node:url";
import { fromBinary } from "@bufbuild/protobuf";
import { afterEach, describe, expect, it } from "vitest";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { ModelVersionSchema, type PostModelOutputsRequest } from "../gen/clarifai/api/inference_pb.ts";
import {
  type FaultServer,
  type OutputHandlers,
  startFaultServer,
  statusResponse,
  textResponse,
} from "../golden/fault-server.ts";
import { modelVersionBytes } from "../golden/recorded-case.ts";
import { connectClarifai } from "./connect-clarifai.ts";

const picture = fileURLToPath(new URL("../../../../fixtures/clarifai/wire/media/red4x3.png", import.meta.url));
let server: FaultServer;
afterEach(() => server.close());

/** A model with the methods of the recorded `llm`, or some of them. */
async function open(handlers: OutputHandlers, keep: (method: string) => boolean) {
  const version = fromBinary(ModelVersionSchema, modelVersionBytes("llm"));
  version.methodSignatures = version.methodSignatures.filter(({ name }) => keep(name));
  const status = { code: 10000 } as const;
  server = await startFaultServer({ getModelVersion: async () => ({ status, modelVersion: version }), ...handlers });
  return connectClarifai({
    url: "lab/fixtures/models/llm",
    pat: "lab-pat",
    baseUrl: `http://127.0.0.1:${server.port}`,
    retry: { unavailableAttempts: 1 },
  });
}

const partsOf = ({ inputs }: PostModelOutputsRequest) =>
  new Map(inputs[0]!.data!.parts.map(({ id, data }) => [id, data]));
const chunk = (content: string, rest: object = {}) =>
  textResponse(JSON.stringify({ choices: [{ delta: { content }, ...rest }] }));

describe("connectClarifai", () => {
  it("asks through openai_transport: picture as a data URI, settings, usage", async () => {
    let message: Record<string, never> = {};
    await using model = await open(
      {
        postModelOutputs: async (request) => {
          message = JSON.parse(partsOf(request).get("msg")!.stringValue);
          return textResponse(
            '{"choices":[{"message":{"content":"two mugs"},"finish_reason":"length"}],"usage":{"prompt_tokens":7,"completion_tokens":2}}',
          );
        },
      },
      () => true,
    );
    const [answer, error] = await model({
      source: picture,
      userPrompt: "How many?",
      systemPrompt: "Be brief.",
      generationConfig: { maxNewTokens: 9 },
    });
    expect(error).toBeNull();
    expect([answer!.rawOutput, answer!.finishReason, answer!.usage.inputTokens]).toEqual(["two mugs", "length", 7]);
    expect(message.max_tokens).toBe(9);
    const [system, user] = message.messages as { role: string; content: never }[];
    expect(system).toEqual({ role: "system", content: "Be brief." });
    const parts = user!.content as { type: string; text?: string; image_url?: { url: string } }[];
    expect(parts.find(({ type }) => type === "text")!.text).toBe("How many?");
    expect(parts.find(({ type }) => type === "image_url")!.image_url!.url).toMatch(/^data:image\/png;base64,iVBOR/);
  });

  it("streams through openai_stream_transport", async () => {
    await using model = await open(
      {
        generateModelOutputs: async function* () {
          yield chunk("two ");
          yield chunk("mugs", { finish_reason: "stop" });
        },
      },
      () => true,
    );
    const stream = model({ source: picture, userPrompt: "How many?", stream: true });
    const texts: string[] = [];
    for await (const text of stream) texts.push(text);
    expect(texts).toEqual(["two ", "mugs"]);
    expect((await stream.finalCompletion()).finishReason).toBe("stop");
  });

  it("asks through predict and generate where there is no transport", async () => {
    const seen: PostModelOutputsRequest[] = [];
    await using model = await open(
      {
        postModelOutputs: async (request) => {
          seen.push(request);
          return textResponse("native");
        },
        generateModelOutputs: async function* (request) {
          seen.push(request);
          yield textResponse("na");
          yield textResponse("tive");
        },
      },
      (name) => !name.startsWith("openai"),
    );
    const [answer] = await model({
      source: picture,
      userPrompt: "What?",
      systemPrompt: "Be brief.",
      generationConfig: { maxNewTokens: 5 },
    });
    expect(answer!.rawOutput).toBe("native");
    const parts = partsOf(seen[0]!);
    expect(parts.get("prompt")!.stringValue).toBe("What?");
    expect(parts.get("image")!.image!.base64.length).toBe(73);
    expect(parts.get("max_tokens")!.intValue).toBe(5n);
    expect(parts.get("chat_history")!.parts.length).toBe(1);
    expect(await model({ source: picture, userPrompt: "What?", stream: true }).finalCompletion()).toMatchObject({
      rawOutput: "native",
    });
    const frames = { type: "video" as const, frames: [picture, picture], fps: 1 };
    await model({ messages: [{ role: "user", content: [frames, { type: "text", text: "Compare" }] }] });
    expect(partsOf(seen[2]!).get("images")!.parts.length).toBe(2);
  });

  it("gives failures as the error of the outcome", async () => {
    await using model = await open(
      { postModelOutputs: async () => statusResponse(21353, "Model is not deployed") },
      () => true,
    );
    const [, error] = await model({ source: picture, userPrompt: "What?" });
    expect(ClarifaiError.isInstance(error) && error.statusCode).toBe(21353);
    const results = await model({ source: [picture, "gone.png"], userPrompt: "What?" });
    expect(results.map(([, failed]) => failed!.code)).toEqual(["api-call", "source-not-found"]);
  });
});
