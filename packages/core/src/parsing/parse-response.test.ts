import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { PhraseGroundingResult } from "../responses/phrase-grounding-response.ts";
import type { TaskName } from "../tasks/task-name.ts";
import { filterPhraseGroundings } from "./filter-phrase-groundings.ts";
import { parseResponse } from "./parse-response.ts";

interface Case {
  readonly id: number;
  readonly name: string;
  readonly task: TaskName;
  readonly raw: string;
  readonly type: string;
  readonly response: { readonly result: unknown; readonly raw_output: string; readonly thinking: string | null };
}

interface FilterCase {
  readonly name: string;
  readonly raw: string;
  readonly case_sensitive: boolean;
  readonly phrases?: readonly string[];
  readonly raises?: string;
}

const fixture = JSON.parse(readFileSync(new URL("../../../../fixtures/vi/parsing.json", import.meta.url), "utf8")) as {
  readonly cases: readonly Case[];
  readonly filter_phrase_groundings: readonly FilterCase[];
};

const kinds: Readonly<Record<string, string>> = {
  VQAResponse: "vqa",
  PhraseGroundingResponse: "phrase-grounding",
  FreeformResponse: "freeform",
  GenericResponse: "generic",
};

/**
 * Where we answer otherwise than vi-sdk 0.1.0b7 on purpose. Empty: what its checklist asks to be done better (escapes
 * in strings, raw line breaks, optional white space) concerns what the model may *write*, that is the grammar; what is
 * *read* stays as recorded. Known and left alone, outside of the recorded texts: it takes the coordinate "0-0" for 0,
 * refuses half a surrogate pair also in a key that nobody reads, and raises on brackets nested a thousand deep or a
 * number of 5000 digits, where we answer with plain text or ignore it.
 */
const deviations: ReadonlySet<number> = new Set();

describe("texts recorded from vi-sdk 0.1.0b7", () => {
  test("the fixture is complete", () => {
    expect(fixture.cases.length).toBe(91);
  });

  test.each(fixture.cases.filter(({ id }) => !deviations.has(id)))(
    "$id $task: $name",
    ({ task, raw, type, response }) => {
      expect(parseResponse(raw, { task })).toStrictEqual({
        kind: kinds[type],
        result: response.result,
        rawOutput: response.raw_output,
        thinking: response.thinking,
      });
      expect(parseResponse(raw, { task, cot: true })).toStrictEqual(parseResponse(raw, { task }));
    },
  );

  test.each(fixture.filter_phrase_groundings)("filterPhraseGroundings: $name", (filterCase) => {
    const parsed = parseResponse(filterCase.raw, { task: "phrase-grounding" }) as { result: PhraseGroundingResult };
    const filter = () => filterPhraseGroundings(parsed, { caseSensitive: filterCase.case_sensitive });
    if (filterCase.raises !== undefined) expect(filter).toThrow("None of the phrases");
    else expect(filter().result.groundings.map(({ phrase }) => phrase)).toEqual(filterCase.phrases);
  });
});

interface MoreCase {
  readonly task: TaskName;
  readonly raw: string;
  readonly kind: string;
  readonly thinking: string | null;
  readonly result?: unknown;
}

const more = JSON.parse(
  readFileSync(new URL("../../../../fixtures/vi/parsing-more.json", import.meta.url), "utf8"),
) as { readonly cases: readonly MoreCase[] };

test.each(more.cases)("%# recorded beyond them: $task $kind", ({ task, raw, kind, thinking, result = raw }) => {
  expect(parseResponse(raw, { task })).toStrictEqual({ kind, result, rawOutput: raw, thinking });
});

describe("rules beyond the recorded texts", () => {
  const grounding = (box: string): string =>
    `{"phrase_grounding":{"sentence":"A dog","groundings":[{"phrase":"A dog","grounding":[${box}]}]}}`;
  const boxOf = (box: string, options = {}): unknown => {
    const { kind, result } = parseResponse(grounding(box), { task: "phrase-grounding", ...options });
    return kind === "phrase-grounding" ? result.groundings[0]?.grounding[0] : kind;
  };

  test.each([
    ["[1e2,20,30,40]", [100, 20, 30, 40]],
    ["[-0,20,30,40]", [0, 20, 30, 40]],
    ['["-0",20,30,40]', [0, 20, 30, 40]],
    ['[" 10 ","+7","10.0","1_0"]', [10, 7, 10, 10]],
    ["[false,20,30,40]", [0, 20, 30, 40]],
    ['["10.5",20,30,40]', "generic"],
    ['["",20,30,40]', "generic"],
    ['["0x10",20,30,40]', "generic"],
    ["[null,20,30,40]", "generic"],
    ["[Infinity,20,30,40]", "generic"],
    ["[1025,20,30,40]", "generic"],
    ["[010,20,30,40]", "generic"],
  ])("box %s", (text, expected) => {
    expect(boxOf(text)).toStrictEqual(expected);
  });

  test("boxes in other spaces are converted, rounded and clamped", () => {
    expect(boxOf("[0,500,999.6,1010]", { coordinateSpace: "relative-1000" })).toEqual([0, 512, 1024, 1024]);
    expect(boxOf("[0.25,0.5,-0.1,1]", { coordinateSpace: "unit" })).toEqual([256, 512, 0, 1024]);
    const pixels = { coordinateSpace: "pixels", imageSize: { width: 1400, height: 700 } };
    expect(boxOf("[700,350,1400,7]", pixels)).toEqual([512, 512, 1024, 10]);
    expect(boxOf("[700,350,1400,7]", { coordinateSpace: "pixels" })).toBe("generic");
  });

  test.each([
    ["half of a surrogate pair", '{"vqa":{"answer":"a\\ud83d"}}', "generic"],
    ["NaN where nobody looks", '{"vqa":{"answer":"a"},"score":NaN}', "vqa"],
    ["an unclosed fence", '```json\n{"vqa":{"answer":"a"}}', "vqa"],
    ["a fence inside of the answer", '{"vqa":{"answer":"use ```x``` here"}}', "vqa"],
    ["answer tags inside of thinking count", '<think><answer>no</answer></think>{"vqa":{"answer":"a"}}', "generic"],
    ["blank answer", '{"vqa":{"answer":" "}}', "vqa"],
    ["a key named like a prototype", '{"__proto__":{"vqa":1},"vqa":{"answer":"a"}}', "vqa"],
    ["only inherited members", '{"__proto__":{"vqa":{"answer":"a"}}}', "generic"],
  ])("%s", (_, raw, kind) => {
    expect(parseResponse(raw, { task: "vqa" }).kind).toBe(kind);
  });

  test("hostile texts end at once as plain text", () => {
    const texts = [
      "[".repeat(1e5),
      `{"vqa":{"answer":"${"a\\n".repeat(1e5)}`,
      "<think>".repeat(1e5),
      '{"a":'.repeat(1e5),
    ];
    for (const text of texts)
      expect(parseResponse(text, { task: "vqa" })).toMatchObject({ kind: "generic", result: text });
  });

  test("a very long answer full of escapes", () => {
    const raw = `{"vqa":{"answer":"${"\\u00e9".repeat(1e6)}"}}`;
    expect(parseResponse(raw, { task: "vqa" })).toMatchObject({ kind: "vqa", result: { answer: "é".repeat(1e6) } });
  });

  test("a near miss of a task is named", () => {
    expect(() => parseResponse("", { task: "VQA" as "vqa" })).toThrow('Did you mean "vqa"?');
    expect(() => parseResponse("", { task: "phrase_grounding" as "vqa" })).toThrow('Did you mean "phrase-grounding"?');
  });

  test("no text at all is a mistake of the caller", () => {
    expect(() => parseResponse(undefined as unknown as string)).toThrow("as a string");
  });
});
