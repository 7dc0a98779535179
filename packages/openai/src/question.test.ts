import { readFile } from "node:fs/promises";
import { ConnectionError, InvalidArgumentError, unwrap } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { ask, connect, fixture, picture } from "./testing/connect-stub.ts";
import { answering, completion, type StubServer, sendJson } from "./testing/stub-server.ts";

const mediaOf = (server: StubServer, index = 0): { type: string; [key: string]: unknown }[] =>
  server.asked[index]!.body.messages.at(-1).content;

describe("a question on the wire", () => {
  test("has the picture as data, the documented settings and nothing else", async () => {
    const { model, server } = await connect(answering("A square."), { apiKey: "key-1234" });
    const response = unwrap(await model(ask));
    const { body, headers } = server.asked[0]!;
    expect(headers.authorization).toBe("Bearer key-1234");
    const data = `data:image/png;base64,${(await readFile(picture)).toString("base64")}`;
    expect(body).toEqual({
      model: "tiny",
      messages: [
        {
          role: "user",
          content: [
            { type: "image_url", image_url: { url: data } },
            { type: "text", text: "What is it?" },
          ],
        },
      ],
      max_tokens: 1024,
      temperature: 0,
    });
    expect(response).toMatchObject({
      kind: "generic",
      result: "A square.",
      finishReason: "stop",
      usage: { inputTokens: 12, outputTokens: 3, imageTokens: 0 },
      origin: { provider: "openai", modelId: "tiny", requestId: "chatcmpl-1" },
    });
    expect(JSON.parse(JSON.stringify(response))).toEqual(response);
  });

  test("carries what the caller set, by the server's names", async () => {
    const generationConfig = {
      maxNewTokens: 7,
      doSample: true,
      temperature: 0.5,
      topP: 0.9,
      topK: 0,
      minP: 0.1,
      minNewTokens: 2,
      repetitionPenalty: 1.1,
      seed: 3,
      stopStrings: ["END"],
    };
    const expected = { max_tokens: 7, temperature: 0.5, top_p: 0.9, top_k: -1, min_p: 0.1, min_tokens: 2, seed: 3 };
    const first = await connect(answering("x"), { extraBody: { user: "me" } }, { owner: "vllm" });
    unwrap(await first.model({ ...ask, generationConfig, templateOptions: { enable_thinking: false } }));
    expect(first.server.asked[0]!.body).toMatchObject({
      ...expected,
      repetition_penalty: 1.1,
      stop: ["END"],
      user: "me",
      chat_template_kwargs: { enable_thinking: false },
    });
    const second = await connect(answering("x"), {}, { owner: "llamacpp" });
    unwrap(await second.model({ ...ask, generationConfig: { repetitionPenalty: 1.1 } }));
    expect(second.server.asked[0]!.body.repeat_penalty).toBe(1.1);
    const [, error] = await second.model({ ...ask, generationConfig: { noRepeatNgramSize: 2 } });
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  test("pictures that servers misread are sent as upright PNG", async () => {
    const { model, server } = await connect(answering("x"));
    const sources = ["decode/lossy.webp", "decode/rgb24.bmp", "decode/grey.tif", "decode/orientation-6.jpg"];
    for (const name of sources) unwrap(await model({ source: fixture(name), userPrompt: "?" }));
    unwrap(await model({ source: fixture("decode/orientation-1.jpg"), userPrompt: "?" }));
    unwrap(await model({ source: { data: new Uint8Array(12), width: 2, height: 2, channels: 3 }, userPrompt: "?" }));
    const starts = server.asked.map((_, index) => String((mediaOf(server, index)[0] as never as Part).image_url.url));
    expect(starts.map((url) => url.slice(0, 16))).toEqual([
      ...sources.map(() => "data:image/png;b"),
      "data:image/jpeg;",
      "data:image/png;b",
    ]);
    // orientation-6 is stored 90° off: width and height of the sent PNG are those of the upright picture.
    const sent = Buffer.from(starts[3]!.split(",")[1]!, "base64");
    const stored = Buffer.from(starts[4]!.split(",")[1]!, "base64");
    expect([sent.readUInt32BE(16), sent.readUInt32BE(20)]).toEqual(jpegSize(stored));
  });

  test("addresses travel as asked", async () => {
    const source = "https://pictures.example/desk.jpg";
    const { model, server } = await connect(answering("x"), { imageTransport: "url" });
    unwrap(await model({ source, userPrompt: "?" }));
    expect(mediaOf(server)[0]).toEqual({ type: "image_url", image_url: { url: source } });
    const [, error] = await model(ask);
    expect(InvalidArgumentError.isInstance(error)).toBe(true);
  });

  test("an address below private networks is not fetched unless allowed", async () => {
    const { model, server } = await connect(answering("x"));
    const [, error] = await model({ source: `${server.baseUrl}/secret.png`, userPrompt: "?" });
    expect(ConnectionError.isInstance(error)).toBe(true);
    expect(server.asked).toHaveLength(0);
  });

  test("a video goes as video_url to vLLM, as frames to the others", async () => {
    const source = fixture("videos/animation.gif");
    const video = { type: "video", source, fps: 4 } as const;
    const content = [video, { type: "text", text: "What happens?" }] as const;
    const vllm = await connect(answering("x"), {}, { owner: "vllm" });
    unwrap(await vllm.model({ messages: [{ role: "user", content }] }));
    expect(mediaOf(vllm.server)[0]).toMatchObject({ type: "video_url" });
    const ollama = await connect(answering("x"), {}, { owner: "library" });
    unwrap(await ollama.model({ messages: [{ role: "user", content }], maxFrames: 2 }));
    const parts = mediaOf(ollama.server);
    expect(parts.map(({ type }) => type)).toEqual(["image_url", "image_url", "text"]);
    const refusing = await connect(
      ({ body }, response) =>
        JSON.stringify(body).includes("video_url")
          ? sendJson(response, { error: { message: "unsupported content[].type" } }, 400)
          : sendJson(response, completion("x")),
      {},
      { owner: "vllm" },
    );
    unwrap(await refusing.model({ messages: [{ role: "user", content }] }));
    unwrap(await refusing.model({ messages: [{ role: "user", content }] }));
    // Refused once; remembered.
    expect(refusing.server.asked).toHaveLength(3);
  });
});

interface Part {
  readonly image_url: { readonly url: string };
}

/** Height and width as stored, swapped: what an upright picture of orientation 6 has. */
function jpegSize(bytes: Buffer): number[] {
  let at = 2;
  while (![0xc0, 0xc1, 0xc2].includes(bytes[at + 1]!)) at += 2 + bytes.readUInt16BE(at + 2);
  return [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)];
}
