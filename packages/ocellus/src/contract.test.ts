// What every VisionModel must do, whoever answers: the engine in this process, and the OpenAI client, whose server is a
// small one on loopback that has the same model. A further client is one more entry of `kinds`.
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  AbortedError,
  connectOpenAI,
  DisposedError,
  firstAvailable,
  InvalidArgumentError,
  loadModel,
  type PredictionResponse,
  silentLogger,
  unwrap,
  VisionError,
  type VisionModel,
} from "./index.ts";

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const checkpoint = fileAt("../../ocellus-tiny/checkpoint");
const picture = fileAt("../../ocellus-tiny/samples/hand-made-1.png");
const ask = { source: picture, userPrompt: "How many squares are there?" } as const;

let folder: string;
let server: Server;
let local: VisionModel;
const open: VisionModel[] = [];

const connectLocal = (): Promise<VisionModel> => loadModel(checkpoint, { cacheFolder: join(folder, "cache") });
const connectRemote = async (): Promise<VisionModel> => {
  const { port } = server.address() as AddressInfo;
  return connectOpenAI({ baseUrl: `http://127.0.0.1:${port}/v1`, logger: silentLogger });
};
const kinds: readonly (readonly [string, () => Promise<VisionModel>])[] = [
  ["the local engine", connectLocal],
  ["the OpenAI client", connectRemote],
  ["a routed model", async () => firstAvailable([await connectRemote()])],
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-contract-"));
  local = await connectLocal();
  server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  await mkdir(join(folder, "photos"));
  for (const name of ["a.png", "b.png"]) await copyFile(picture, join(folder, "photos", name));
  await writeFile(join(folder, "broken.png"), "no picture");
});

afterAll(async () => {
  for (const model of open) await model.close();
  await local?.close();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

interface WirePart {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

/** Answers chat completions with the model in this process. */
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (request.url === "/v1/models") return send(response, { data: [{ id: "tiny", owned_by: "ocellus" }] });
  const body = JSON.parse(Buffer.concat(chunks).toString());
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const stream = local({
    messages: body.messages.map(({ role, content }: { role: string; content: string | WirePart[] }) => ({
      role,
      content: typeof content === "string" ? content : content.map(partOf),
    })),
    generationConfig: { maxNewTokens: body.max_tokens },
    schema: body.response_format?.json_schema.schema,
    signal: gone.signal,
    stream: true,
  });
  if (body.stream !== true) {
    const [result, error] = await stream.outcome();
    if (error !== null) return send(response, { error: { message: error.message } }, 400);
    const choice = { message: { role: "assistant", content: result.rawOutput }, finish_reason: result.finishReason };
    return send(response, { id: "1", model: "tiny", choices: [choice], usage: usageOf(result) });
  }
  response.writeHead(200, { "content-type": "text/event-stream" });
  const event = (value: unknown): boolean => response.write(`data: ${JSON.stringify(value)}\n\n`);
  try {
    for await (const content of stream) event({ choices: [{ delta: { content } }] });
  } catch {
    return;
  }
  const result = await stream.finalCompletion();
  event({ choices: [{ delta: {}, finish_reason: result.finishReason }] });
  event({ choices: [], usage: usageOf(result) });
  response.end("data: [DONE]\n\n");
}

const partOf = (part: WirePart) =>
  part.image_url === undefined
    ? { type: "text" as const, text: part.text ?? "" }
    : { type: "image" as const, source: part.image_url.url };
const usageOf = ({ usage }: { usage: PredictionResponse["usage"] }) => ({
  prompt_tokens: usage.inputTokens,
  completion_tokens: usage.outputTokens,
});
function send(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

describe.each(kinds)("%s", (_name, connect) => {
  let model: VisionModel;
  beforeAll(async () => {
    model = await connect();
    open.push(model);
  });

  test("gives one answer as plain data, the same as the engine", async () => {
    const [result, error] = await model(ask);
    expect(error).toBeNull();
    const expected = unwrap(await local(ask));
    const { kind, rawOutput, prompt, thinking, finishReason } = expected;
    expect(result).toMatchObject({ kind, rawOutput, prompt, thinking, finishReason, result: expected.result });
    expect(result!.usage).toMatchObject({
      inputTokens: expected.usage.inputTokens,
      outputTokens: expected.usage.outputTokens,
    });
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
  });

  test("gives the forms of the tasks and of a schema", async () => {
    const vqa = unwrap(await model({ ...ask, task: "vqa" }));
    expect(vqa).toMatchObject({ kind: "vqa", result: { answer: expect.any(String) } });
    const grounded = unwrap(await model({ source: picture, task: "phrase-grounding" }));
    expect(grounded.kind).toBe("phrase-grounding");
    const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
    const structured = unwrap(await model({ ...ask, schema, generationConfig: { maxNewTokens: 64 } }));
    expect(structured).toMatchObject({ kind: "structured", result: { n: expect.any(Number) } });
  });

  test("streams the same text, for one reader, and ends when it is left", async () => {
    const stream = model({ ...ask, stream: true });
    let text = "";
    for await (const delta of stream) text += delta;
    const final = await stream.finalCompletion();
    expect(text).toBe(final.rawOutput);
    expect(final.rawOutput).toBe(unwrap(await local(ask)).rawOutput);
    expect(() => stream[Symbol.asyncIterator]()).toThrow(InvalidArgumentError);
    expect((await model({ ...ask, stream: true }).finalCompletion()).rawOutput).toBe(text);

    const left = model({ source: picture, task: "phrase-grounding", stream: true });
    for await (const _delta of left) break;
    const [, error] = await left.outcome();
    expect(AbortedError.isInstance(error)).toBe(true);
  });

  test("gives a list for a list: in order, with duplicates, one failure among them", async () => {
    const run = model({ source: [picture, join(folder, "missing.png"), picture], userPrompt: ask.userPrompt });
    const seen: number[] = [];
    for await (const { index } of run) seen.push(index);
    const outcomes = await run;
    expect(seen.toSorted()).toEqual([0, 1, 2]);
    expect(outcomes.map(([result, error]) => result?.rawOutput ?? error?.code)).toEqual([
      outcomes[0]![0]!.rawOutput,
      "source-not-found",
      outcomes[0]![0]!.rawOutput,
    ]);
    expect(await model({ source: [picture], userPrompt: "?" })).toHaveLength(1);
    const photos = (await model({ source: join(folder, "photos"), userPrompt: "?" })) as unknown;
    expect(photos).toHaveLength(2);
  });

  test("throws for mistakes and returns what the world causes", async () => {
    expect(() => model({ ...ask, usrPrompt: "x" } as never)).toThrow(InvalidArgumentError);
    expect(() => model({ ...ask, generationConfig: { maxNewTokens: -1 } })).toThrow(InvalidArgumentError);
    expect(() => model({ source: [picture, picture], userPrompt: ["a", "b", "c"] })).toThrow(InvalidArgumentError);
    expect(() => model({ source: [picture], stream: true } as never)).toThrow(InvalidArgumentError);
    const codes = [join(folder, "missing.png"), join(folder, "broken.png"), "data:image/png;base64,AAAA"];
    const errors = await Promise.all(codes.map(async (source) => (await model({ source, userPrompt: "?" }))[1]));
    expect(errors.map((error) => error?.code)).toEqual(["source-not-found", "unsupported-media", "unsupported-media"]);
    expect(errors.every((error) => VisionError.isInstance(error))).toBe(true);
  });

  test("stops at a signal, before and while it answers", async () => {
    const reason = new Error("enough");
    const [, before] = await model({ ...ask, signal: AbortSignal.abort(reason) });
    expect(AbortedError.isInstance(before)).toBe(true);
    expect(before!.cause).toBe(reason);
    const controller = new AbortController();
    const stream = model({ source: picture, task: "phrase-grounding", stream: true, signal: controller.signal });
    await expect(async () => {
      for await (const _delta of stream) controller.abort(reason);
    }).rejects.toMatchObject({ code: "aborted", cause: reason });
    const run = model({ source: [picture, picture], userPrompt: "?", signal: AbortSignal.abort() });
    expect((await run).map(([, error]) => error?.code)).toEqual(["aborted", "aborted"]);
  });

  test("goes on with a chat", async () => {
    const session = model.session();
    const first = unwrap(await session({ source: picture, userPrompt: ask.userPrompt }));
    const second = unwrap(await session({ userPrompt: "And circles?" }));
    expect(session.messages).toHaveLength(4);
    const twin = local.session();
    await twin({ source: picture, userPrompt: ask.userPrompt });
    expect(first.rawOutput).toBe(unwrap(await local(ask)).rawOutput);
    expect(second.rawOutput).toBe(unwrap(await twin({ userPrompt: "And circles?" })).rawOutput);
  });

  test("answers nothing after it was closed, which may be done twice", async () => {
    const own = await connect();
    await own.close();
    await own.close();
    const [, error] = await own(ask);
    expect(DisposedError.isInstance(error)).toBe(true);
  });
});
