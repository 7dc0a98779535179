import { fileURLToPath } from "node:url";
import { type PredictionResponse, parseResponse, type VisionModel } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { loadModel } from "../load-model.ts";

/** The embedded checkpoint, which answers tasks in JSON. What it says is not looked at here, only its form. */
const folder = fileURLToPath(new URL("../../../ocellus-tiny/", import.meta.url));
const source = `${folder}samples/hand-made-1.png`;

let model: VisionModel;

beforeAll(async () => {
  model = await loadModel(`${folder}checkpoint`, { precision: "float32" });
});

afterAll(() => model?.close());

async function ask(request: Record<string, unknown>): Promise<PredictionResponse> {
  const [result, error] = await model({ source, userPrompt: "Locate the circle.", ...request } as never);
  if (error !== null) throw error;
  return result as PredictionResponse;
}

describe("the answer has the form of its task", () => {
  test.each(["vqa", "phrase-grounding", "freeform"] as const)("%s", async (task) => {
    for (const cot of [false, true]) {
      const response = await ask({ task, cot, generationConfig: { maxNewTokens: 220 } });
      expect(response.kind, response.rawOutput).toBe(task);
      expect(response.thinking === null).toBe(!cot);
      expect(response.usage.outputTokens).toBe(response.tokenIds.length);
      expect(response.tokenIds.length).toBeLessThanOrEqual(220);
    }
  });

  test("sampled at temperature 1.5", async () => {
    for (let seed = 0; seed < 6; seed++) {
      const generationConfig = { doSample: true, temperature: 1.5, topK: 0, seed, maxNewTokens: 120 };
      const response = await ask({ task: "phrase-grounding", userPrompt: "What is this?", generationConfig });
      expect(response.kind, response.rawOutput).toBe("phrase-grounding");
    }
  });

  test("plain text is left alone, and behind thinking it has its tags", async () => {
    expect((await ask({ task: "generic" })).kind).toBe("generic");
    const response = await ask({ task: "generic", cot: true, userPrompt: "How many circles are there?" });
    expect(response.rawOutput).toMatch(/^<think>.*<\/think><answer>.+<\/answer>$/s);
    expect(response.finishReason).toBe("stop");
  });
});

describe("a schema", () => {
  test("of zod types the result", async () => {
    const schema = z.object({
      color: z.enum(["red", "green", "blue"]),
      count: z.int().min(0).max(20),
      where: z.tuple([z.number().min(0).max(1), z.number().min(0).max(1)]).nullable(),
    });
    const response = await ask({ schema, userPrompt: "What color is the circle?" });
    expect(response.kind).toBe("structured");
    expect(schema.safeParse(response.result).success).toBe(true);
    expect(response.finishReason).toBe("stop");
    expect(JSON.parse(response.rawOutput)).toEqual(response.result);
    expect(response.rawOutput).not.toMatch(/\s/);
  });

  test("of one text", async () => {
    const response = await ask({ schema: { enum: ["cat", "circle"] }, userPrompt: "What is it?" });
    expect(response.kind).toBe("structured");
    expect(["cat", "circle"]).toContain(response.result);
  });

  test("that cannot be enforced is an error with its place", async () => {
    const [result, error] = await model({ source, schema: { type: "object", patternProperties: {} } } as never);
    expect(result).toBeNull();
    expect(error).toMatchObject({ code: "grammar", message: expect.stringContaining("#/patternProperties") });
  });
});

test("an answer that the cap ends is closed, and says so", async () => {
  const generationConfig = { doSample: true, temperature: 1.5, topK: 0, seed: 4, maxNewTokens: 40, minNewTokens: 40 };
  const response = await ask({ task: "vqa", userPrompt: "What shapes are there?", generationConfig });
  expect(response.kind).toBe("vqa");
  expect(["stop", "length"]).toContain(response.finishReason);
});

test("a stream gives the text, thinking and objects in pieces", async () => {
  const stream = model({ source, task: "vqa", cot: true, userPrompt: "What shapes are there?", stream: true });
  const seen = new Map<string, unknown[]>();
  for await (const event of stream.events()) {
    const list = seen.get(event.type) ?? [];
    list.push(event.type === "object-delta" ? event.object : "text" in event ? event.text : null);
    seen.set(event.type, list);
  }
  const response = (await stream.finalCompletion()) as PredictionResponse;
  expect(response.kind).toBe("vqa");
  expect(seen.get("thinking-delta")!.join("").trim()).toBe(response.thinking);
  expect(parseResponse(seen.get("text-delta")!.join(""), { task: "vqa" }).result).toEqual(response.result);
  expect(seen.get("object-delta")!.at(-1)).toEqual({ vqa: response.result });
  expect(seen.get("object-delta")!.length).toBeGreaterThan(1);
});

test("a model that knows the form writes the same with and without the grammar", async () => {
  const free = await ask({ task: "generic", systemPrompt: model.info.systemPrompts!["phrase-grounding"] });
  const bound = await ask({ task: "phrase-grounding" });
  expect(bound.rawOutput).toBe(free.rawOutput);
});
