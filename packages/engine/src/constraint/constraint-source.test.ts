import { type ParsedResponse, parseResponse, type TaskName, taskDefinitions } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { hotConfig, makeAnswer, randomLogits, readTokenizer } from "../golden/random-answers.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { AnswerForm } from "./answer-grammar.ts";
import { type ConstraintSource, createConstraintSource } from "./constraint-source.ts";

/** Logits are longer than the vocabulary, as those of padded embeddings are. */
const padding = 21;
const tokenizerNames = ["qwen2_5_vl", "qwen3_5", "gemma3", "llava_next"];

const form = (task: TaskName, cot = false, schema: AnswerForm["schema"] = null): AnswerForm => ({
  schema,
  definition: taskDefinitions[task],
  cot,
});

const person = {
  type: "object",
  properties: {
    name: { type: "string", minLength: 1, maxLength: 12 },
    age: { type: "integer", minimum: 0, maximum: 120 },
    score: { type: "number", minimum: 0, maximum: 1 },
    tags: { type: "array", items: { enum: ["a", "b"] }, maxItems: 3 },
    born: { type: "string", format: "date" },
    parent: { anyOf: [{ $ref: "#" }, { type: "null" }] },
  },
  required: ["name", "age", "parent"],
};

function isPerson(value: unknown): boolean {
  const { name, age, score = 0, tags = [], parent } = value as Record<string, never>;
  const fits =
    [...String(name)].length <= 12 && Number.isInteger(age) && age >= 0 && age <= 120 && score >= 0 && score <= 1;
  return fits && (tags as string[]).every((tag) => "ab".includes(tag)) && (parent === null || isPerson(parent));
}

interface Model {
  readonly tokenizer: Tokenizer;
  readonly size: number;
  readonly stopTokenIds: readonly number[];
  readonly source: ConstraintSource;
}

function openModel(name: string): Model {
  const tokenizer = readTokenizer(name);
  const size = tokenizer.vocabSize + padding;
  const stopTokenIds = [tokenizer.tokenToId("<|im_end|>") ?? tokenizer.tokenToId("</s>")!];
  return { tokenizer, size, stopTokenIds, source: createConstraintSource(tokenizer, size) };
}

async function answerOf(model: Model, of: AnswerForm, seed: number, maxNewTokens: number) {
  const { tokenizer, size, stopTokenIds, source } = model;
  const config = hotConfig(seed, maxNewTokens, stopTokenIds);
  const constraint = (await (await source.prepare(of))!.open(config))!;
  const made = await makeAnswer(constraint, config, randomLogits(seed, size));
  return { ...made, text: tokenizer.decode(made.ids, { skipSpecialTokens: true }) };
}

const kindOf: Partial<Record<TaskName, ParsedResponse["kind"]>> = { "video-freeform": "freeform" };

describe("random weights at temperature 1.5", () => {
  test.each(tokenizerNames)("%s: all of 120 answers are valid", async (name) => {
    const model = openModel(name);
    const tasks: TaskName[] = ["vqa", "phrase-grounding", "freeform", "video-freeform"];
    let shortened = 0;
    for (let seed = 0; seed < 120; seed++) {
      const task = tasks[seed % tasks.length]!;
      const cot = seed % 3 === 0;
      const made = await answerOf(model, form(task, cot), seed, 260);
      expect(made.isFinished, made.text).toBe(true);
      expect(made.ids.length).toBeLessThanOrEqual(260);
      const parsed = parseResponse(made.text, { task });
      expect(parsed.kind, made.text).toBe(kindOf[task] ?? task);
      const json = cot ? /<\/think><answer>(.*)<\/answer>$/s.exec(made.text)![1]! : made.text;
      // White space and key order are settled: only escapes can be spelled in another way.
      const spelled = JSON.stringify(JSON.parse(json));
      if (!json.includes("\\")) expect(json).toBe(spelled);
      expect(parsed.thinking === null).toBe(!cot);
      expect(made.text).not.toContain("\ufffd");
      if (made.cutShort) shortened++;
    }
    expect(shortened).toBeGreaterThan(0);
    model.source.dispose();
  });

  test.each(tokenizerNames)("%s: a recursive schema", async (name) => {
    const model = openModel(name);
    for (let seed = 0; seed < 24; seed++) {
      const made = await answerOf(model, form("generic", seed % 2 === 0, person), seed, 400);
      expect(made.isFinished, made.text).toBe(true);
      const json = made.text.replace(/^.*<answer>|<\/answer>$/gs, "");
      expect(isPerson(JSON.parse(json)), json).toBe(true);
    }
  });

  test("a plain answer behind thinking", async () => {
    const model = openModel("qwen3_5");
    for (let seed = 0; seed < 20; seed++) {
      const made = await answerOf(model, form("generic", true), seed, 150);
      expect(made.text).toMatch(/^<think>.*<\/think><answer>.+<\/answer>$/s);
      expect(made.text.match(/<\/?(?:think|answer)>/g)!.length).toBe(4);
    }
  });
});

describe("the cap on new tokens", () => {
  test.each([40, 64, 100, 600, 1500])("of %d: thinking and answer are closed within it", async (cap) => {
    for (const name of ["qwen2_5_vl", "qwen3_5"]) {
      const model = openModel(name);
      for (let seed = 0; seed < 5; seed++) {
        const made = await answerOf(model, form("vqa", true), seed, cap);
        const shortest = model.tokenizer.encode('<think></think><answer>{"vqa":{"answer":""}}</answer>').length;
        if (cap < 2 * shortest) continue;
        expect(made.isFinished, made.text).toBe(true);
        expect(parseResponse(made.text, { task: "vqa" }).kind).toBe("vqa");
      }
    }
  });

  test("a model that thinks without end is stopped while the answer still has room", async () => {
    const { tokenizer, size, stopTokenIds, source } = openModel("qwen3_5");
    const config = { ...hotConfig(1, 400, stopTokenIds), doSample: false };
    const constraint = await (await source.prepare(form("vqa", true)))!.open(config);
    const letter = tokenizer.tokenToId("a")!;
    const quote = tokenizer.tokenToId('"')!;
    const scores = (ids: readonly number[]): Float32Array => {
      const isThinking = !tokenizer.decode(ids).includes("</think>");
      return Float32Array.from({ length: size }, (_, id) => (id === letter ? 2 : id === quote && !isThinking ? 1 : 0));
    };
    let written = 0;
    const made = await makeAnswer(constraint, config, (ids) => {
      const logits = scores(ids);
      if (tokenizer.decode(ids).endsWith('"answer":"aaa')) logits[quote] = 9;
      written = ids.length;
      return logits;
    });
    const text = tokenizer.decode(made.ids);
    expect(text).toMatch(/^<think>a{50,}<\/think><answer>\{"vqa":\{"answer":"aaa"\}\}<\/answer>$/);
    expect(made.cutShort).toBe(false);
    expect(made.ids.length).toBeLessThan(320);
    expect(written).toBeGreaterThan(0);
  });

  test("too small for any answer: it is cut off, not refused", async () => {
    const made = await answerOf(openModel("qwen2_5_vl"), form("phrase-grounding"), 1, 5);
    expect(made.ids.length).toBe(5);
    expect(made.isFinished).toBe(false);
  });
});

describe("forced text", () => {
  const target =
    '{"phrase_grounding":{"sentence":"A \\"big\\" crane.","groundings":[{"phrase":"crane","grounding":[[1,20,300,1024],[0,0,7,7]]}]}}';

  /** A model that wants to write `target` in as few tokens as it can. */
  async function write(name: string, jumpForward: boolean) {
    const { tokenizer, size, stopTokenIds, source } = openModel(name);
    const config = { ...hotConfig(1, 400, stopTokenIds), doSample: false };
    const constraint = await (await source.prepare(form("phrase-grounding")))!.open({ ...config, jumpForward });
    const texts = Array.from({ length: size }, (_, id) => {
      const anchor = tokenizer.encode("x", { addSpecialTokens: false });
      return tokenizer.decode([...anchor, id]).slice(tokenizer.decode(anchor).length);
    });
    const made = await makeAnswer(constraint, config, (ids) => {
      const rest = target.slice(tokenizer.decode(ids).length);
      return Float32Array.from(texts, (text) => (text !== "" && rest.startsWith(text) ? text.length : -100));
    });
    return { ...made, text: tokenizer.decode(made.ids) };
  }

  test.each(tokenizerNames)("%s: the same answer in fewer steps", async (name) => {
    const jumped = await write(name, true);
    const stepped = await write(name, false);
    expect(jumped.text).toBe(target);
    expect(stepped.text).toBe(target);
    expect(stepped.chosen).toBe(stepped.ids.length);
    expect(jumped.chosen).toBeLessThan(0.75 * stepped.chosen);
  });

  test("a constant needs no step at all", async () => {
    const made = await answerOf(openModel("gemma3"), form("generic", false, { const: { a: ["é", null] } }), 1, 100);
    expect(made.text).toBe('{"a":["é",null]}');
    expect(made.chosen).toBe(0);
  });

  test("its end is left to the model where a longer token goes on behind it", async () => {
    const { tokenizer, source, stopTokenIds } = openModel("qwen2_5_vl");
    const constraint = await (await source.prepare(form("phrase-grounding")))!.open({
      stopTokenIds,
      maxNewTokens: 400,
    });
    const start = '{"phrase_grounding":{"sentence":"a","groundings":[{"phrase":"b","grounding":[[1,2,3,488';
    for (const id of tokenizer.encode(start)) {
      await constraint.prepare();
      constraint.accept(id);
    }
    await constraint.prepare();
    // "]" must follow, but the vocabulary also has "]]", and which of them it is the model decides.
    expect(tokenizer.tokenToId("]]")).toBeDefined();
    expect(constraint.forced()).toEqual([]);
    const logits = new Float32Array(tokenizer.vocabSize + padding);
    constraint.mask(logits);
    const allowed = [...logits.keys()].filter((id) => logits[id] === 0).map((id) => tokenizer.idToToken(id)!);
    expect(allowed).toContain("]");
    expect(allowed).toContain("]]");
    expect(allowed.every((token) => token.startsWith("]"))).toBe(true);
  });
});

describe("the mask", () => {
  async function open(of: AnswerForm, name = "qwen3_5") {
    const model = openModel(name);
    const limits = { stopTokenIds: model.stopTokenIds, maxNewTokens: 200 };
    return { ...model, constraint: await (await model.source.prepare(of))!.open(limits) };
  }

  async function spell(opened: Awaited<ReturnType<typeof open>>, text: string): Promise<void> {
    for (const id of opened.tokenizer.encode(text, { addSpecialTokens: false })) {
      await opened.constraint.prepare();
      opened.constraint.accept(id);
    }
    await opened.constraint.prepare();
  }

  test("special tokens, control tokens and padding are never allowed; a stop token only at the end", async () => {
    const opened = await open(form("vqa"));
    await spell(opened, '{"vqa":{"answer":"a');
    const logits = new Float32Array(opened.size);
    opened.constraint.mask(logits);
    const isAllowed = (id: number): boolean => logits[id] === 0;
    for (const id of opened.tokenizer.specialTokenIds) expect(isAllowed(id)).toBe(false);
    for (const token of ["<tool_call>", "<|fim_prefix|>", "<think>", "</think>"]) {
      expect(isAllowed(opened.tokenizer.tokenToId(token)!), token).toBe(false);
    }
    for (let id = opened.tokenizer.vocabSize; id < opened.size; id++) expect(isAllowed(id)).toBe(false);
    for (const token of ["a", '"', "<", "\\"]) expect(isAllowed(opened.tokenizer.tokenToId(token)!), token).toBe(true);
  });

  test("a number that may be complete can stop or go on", async () => {
    const opened = await open(form("generic", false, { type: "integer" }));
    await spell(opened, "12");
    expect(opened.constraint.finished).toBe(false);
    const logits = new Float32Array(opened.size);
    opened.constraint.mask(logits);
    const allowed = [...logits.keys()].filter((id) => logits[id] === 0);
    expect(allowed).toContain(opened.stopTokenIds[0]);
    expect(allowed).toContain(opened.tokenizer.tokenToId("0"));
    opened.constraint.accept(opened.stopTokenIds[0]!);
    expect(opened.constraint.finished).toBe(true);
  });

  test("what a repetition rule has forbidden is allowed again when nothing else may follow", async () => {
    const opened = await open(form("generic", false, { enum: ["a", "b"] }));
    await spell(opened, '"');
    const logits = new Float32Array(opened.size).fill(Number.NEGATIVE_INFINITY);
    opened.constraint.mask(logits);
    const allowed = [...logits.keys()].filter((id) => logits[id] === 0).map((id) => opened.tokenizer.idToToken(id));
    expect(allowed).toContain("a");
    expect(allowed).toContain("b");
  });

  test("logits of another length are a mismatch", async () => {
    const opened = await open(form("vqa", false, { type: "integer" }));
    await opened.constraint.prepare();
    expect(() => opened.constraint.mask(new Float32Array(opened.size + 1))).toThrow(
      `The model gives ${opened.size + 1} scores`,
    );
  });

  test("a token that does not fit is an error", async () => {
    const opened = await open(form("vqa"));
    await opened.constraint.prepare();
    expect(() => opened.constraint.accept(opened.tokenizer.tokenToId("a")!)).toThrow("does not fit the form");
    expect(() => opened.constraint.accept(opened.tokenizer.tokenToId("<|im_start|>")!)).toThrow("does not fit");
  });

  test("a vocabulary that cannot spell the answer is an error", async () => {
    const tokenizer = readTokenizer("qwen2_5_vl");
    const withoutBrace: Tokenizer = {
      ...tokenizer,
      idToToken: (id) => (tokenizer.idToToken(id)?.includes("{") ? undefined : tokenizer.idToToken(id)),
    };
    const source = createConstraintSource(withoutBrace, tokenizer.vocabSize);
    const constraint = await (await source.prepare(form("vqa")))!.open({ stopTokenIds: [642], maxNewTokens: 50 });
    await expect(constraint.prepare()).rejects.toMatchObject({
      code: "grammar",
      message: expect.stringContaining("No token"),
    });
  });
});

test("grammars are compiled once, and only so many are kept", async () => {
  const { source, stopTokenIds } = openModel("qwen2_5_vl");
  for (let round = 0; round < 2; round++) {
    for (let value = 0; value < 40; value++) {
      const prepared = (await source.prepare(form("generic", false, { const: value })))!;
      (await prepared.open({ stopTokenIds, maxNewTokens: 10 })).dispose();
    }
  }
  expect(await source.prepare(form("generic"))).toBeNull();
  await expect(source.prepare(form("generic", false, { not: {} }))).rejects.toMatchObject({ code: "grammar" });
  source.dispose();
});
