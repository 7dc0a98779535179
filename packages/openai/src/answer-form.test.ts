import { unwrap } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { ask, connect } from "./testing/connect-stub.ts";
import { answering, beginStream, completion, endOfStream, sendJson } from "./testing/stub-server.ts";

describe("the form of an answer", () => {
  const vqa = '{"vqa":{"answer":"A square"}}';

  test("is constrained by a closed JSON Schema and recorded", async () => {
    const { model, server } = await connect(answering(vqa), {}, { owner: "openai" });
    const response = unwrap(await model({ ...ask, task: "vqa" }));
    expect(response).toMatchObject({
      kind: "vqa",
      result: { answer: "A square" },
      origin: { constrainedBy: "json-schema-strict" },
    });
    const { json_schema } = server.asked[0]!.body.response_format;
    expect(json_schema).toMatchObject({ strict: true, schema: { required: ["vqa"], additionalProperties: false } });
  });

  test("falls back step by step, and remembers what works", async () => {
    const { model, server } = await connect(({ body }, response) => {
      if (body.response_format !== undefined) {
        return sendJson(response, { error: { message: "response_format is not supported" } }, 400);
      }
      sendJson(response, completion(vqa));
    });
    for (let times = 0; times < 2; times += 1) {
      expect(unwrap(await model({ ...ask, task: "vqa" })).origin?.constrainedBy).toBe("guided-json");
    }
    const forms = server.asked.map(({ body }) => body.response_format?.type ?? Object.keys(body).at(-1));
    expect(forms).toEqual(["json_schema", "json_schema", "json_object", "guided_json", "guided_json"]);
    expect(server.asked[0]!.body.response_format.json_schema.strict).toBe(true);
    expect(server.asked[1]!.body.response_format.json_schema).not.toHaveProperty("strict");
    expect(server.asked[2]!.body.response_format.schema).toMatchObject({ required: ["vqa"] });
    expect(server.asked[3]!.body.guided_json).toMatchObject({ required: ["vqa"] });
    expect(server.probes).toHaveLength(1);
  });

  test("a server that takes nothing is asked by the prompt", async () => {
    const schema = { type: "object", properties: { count: { type: "integer" } }, required: ["count"] };
    const { model, server } = await connect(({ body }, response) => {
      if (body.response_format ?? body.guided_json ?? body.nvext) {
        return sendJson(response, { detail: "Extra inputs are not permitted" }, 422);
      }
      sendJson(response, completion('{"count":3}'));
    });
    const response = unwrap(await model({ ...ask, schema }));
    expect(response).toMatchObject({ kind: "structured", result: { count: 3 }, origin: { constrainedBy: "prompt" } });
    const { messages } = server.asked.at(-1)!.body;
    expect(messages[0]).toMatchObject({ role: "system", content: expect.stringContaining(JSON.stringify(schema)) });
  });

  test("a constraint without effect is recorded as such and not used again", async () => {
    const { model, server } = await connect(
      ({ body }, response) => sendJson(response, completion(body.nvext === undefined ? "A square." : vqa)),
      { server: "nim" },
    );
    const first = unwrap(await model({ ...ask, task: "vqa" }));
    expect(first).toMatchObject({ kind: "generic", origin: { constrainedBy: "prompt" } });
    const second = unwrap(await model({ ...ask, task: "vqa" }));
    expect(second).toMatchObject({ kind: "vqa", origin: { constrainedBy: "guided-json" } });
    expect(server.asked).toHaveLength(2);
    // What was cut off is told by how it begins.
    const cut = (text: string) =>
      connect((_, response) =>
        sendJson(response, completion("", { choices: [{ message: { content: text }, finish_reason: "length" }] })),
      );
    const step = async (text: string) =>
      unwrap(await (await cut(text)).model({ ...ask, task: "vqa" })).origin?.constrainedBy;
    expect([await step("A squ"), await step('{"vqa":{"ans')]).toEqual(["prompt", "json-schema-strict"]);
  });

  test("a refusal that no other form heals is the error, the first one", async () => {
    const messages = ["maximum context length is 8192", "no", "something else"];
    const { model, server } = await connect((_, response, attempt) =>
      sendJson(response, { error: { message: messages[Math.min(attempt, 3) - 1] } }, 400),
    );
    const tooLong = (await model({ ...ask, task: "vqa" }))[1];
    expect(tooLong?.message).toContain("context length");
    expect(server.asked).toHaveLength(1);
    const unclear = (await model({ ...ask, task: "vqa" }))[1];
    expect(unclear?.message).toMatch(/400 Bad Request: no$/);
    expect(server.asked).toHaveLength(6);
  });

  test("thinking is asked for by the prompt and taken from the reasoning of the server", async () => {
    const { model, server } = await connect(({ body }, response) => {
      if (body.stream !== true) {
        const message = { content: `<answer>${vqa}</answer>`, reasoning_content: "Four sides." };
        return sendJson(response, completion("", { choices: [{ message, finish_reason: "stop" }] }));
      }
      beginStream(response);
      for (const delta of [{ reasoning: "Four " }, { reasoning: "sides." }, { content: `<answer>${vqa}</answer>` }]) {
        response.write(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);
      }
      response.end(endOfStream);
    });
    const whole = unwrap(await model({ ...ask, task: "vqa", cot: true }));
    expect(whole).toMatchObject({ kind: "vqa", thinking: "Four sides.", origin: { constrainedBy: "prompt" } });
    expect(server.asked[0]!.body).not.toHaveProperty("response_format");
    expect(server.asked[0]!.body.max_tokens).toBe(4096);
    const streamed = await model({ ...ask, task: "vqa", cot: true, stream: true }).finalCompletion();
    expect(streamed.rawOutput).toBe(whole.rawOutput);
    expect(streamed.thinking).toBe("Four sides.");
  });
});
