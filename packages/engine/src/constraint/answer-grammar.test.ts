import { readFileSync } from "node:fs";
import { type TaskName, taskDefinitions } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { letsThrough, openTexts } from "../golden/grammar-texts.ts";
import { answerGrammar } from "./answer-grammar.ts";
import { coordinateExtent } from "./task-grammar.ts";

interface RecordedVerdict {
  readonly case: string;
  readonly text: string;
  readonly verdict: "accepted" | "rejected";
}

const recorded = JSON.parse(readFileSync(new URL("../../../../fixtures/vi/prompts.json", import.meta.url), "utf8"))
  .tasks as Readonly<Record<string, { readonly grammar_accepts?: readonly RecordedVerdict[] }>>;

const open = (task: TaskName, cot = false) =>
  openTexts(answerGrammar({ schema: null, definition: taskDefinitions[task], cot })!);

/**
 * Where the recorded engine is broken (specification of the SDK, 82 and 83): it allows blanks between tokens and raw
 * control characters in strings, and no escapes. Ours is minified JSON with full strings.
 */
function expectedVerdict({ text, verdict }: RecordedVerdict): boolean {
  if (text.includes("\\")) return isJson(text);
  return verdict === "accepted" && isJson(text) && JSON.stringify(JSON.parse(text)) === text;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe.each(["vqa", "phrase-grounding", "freeform"] as const)("%s", (task) => {
  const verdicts = recorded[task]!.grammar_accepts!;

  test.each([
    ["relative-1024", 448, ["0", "1024"], ["1025", "0.5"]],
    ["relative-1000", 448, ["0", "1000"], ["1001", "0.5"]],
    ["relative-999", 448, ["0", "999"], ["1000", "0.5"]],
    ["pixels", 1024, ["0", "1024"], ["-1", "0.5", "1025"]],
    ["pixels", 1036, ["0", "4095"], ["-1", "0.5", "100000"]],
    ["unit", 448, ["0", "0.125", "1", "1.0"], ["1.5", "-0.1", "2"]],
  ] as const)("boxes in %s of a picture of %i", async (space, side, inside, outside) => {
    const form = { schema: null, definition: taskDefinitions["phrase-grounding"], cot: false };
    const extent = coordinateExtent(space, [{ width: 28, height: side }]);
    const texts = await openTexts(answerGrammar(form, extent)!);
    const box = (value: string): string =>
      `{"phrase_grounding":{"sentence":"a","groundings":[{"phrase":"a","grounding":[[${value},0,0,0]]}]}}`;
    for (const value of inside) expect(texts.accepts(box(value)), value).toBe(true);
    for (const value of outside) expect(texts.accepts(box(value)), value).toBe(false);
  });

  test("the recorded texts", async () => {
    expect(verdicts.length).toBeGreaterThan(2);
    const texts = await open(task);
    for (const entry of verdicts) {
      expect(texts.accepts(entry.text), `${entry.case}: ${entry.text}`).toBe(expectedVerdict(entry));
    }
  });
});

describe("strings of answers", () => {
  const inVqa = (body: string): string => `{"vqa":{"answer":"${body}"}}`;

  test.each([
    "a",
    " ",
    '\\" \\\\ \\/ \\b \\f \\n \\r \\t',
    "\\u00e9\\u0000\\uFFFF\\ud7ff\\uE000",
    "\\ud83d\\ude00",
    "é€😀\u007f\u0080\ud7ff\ue000\u{10ffff}",
    "x < y, <b>bold</b>, <thin>, <<think, </answe",
    "<think\\u003e",
  ])("%j is one", async (body) => {
    expect((await open("vqa")).accepts(inVqa(body))).toBe(true);
    expect(JSON.parse(inVqa(body))).toBeTruthy();
  });

  test.each([
    "",
    "a\nb",
    "a\tb",
    "\u0000",
    "\u001f",
    '"',
    "\\",
    "\\x41",
    "\\u12",
    "\\u12G4",
    "\\ud83d",
    "\\ud83d\\u0041",
    "\\ude00",
    "\\ud83dx",
    "<think>",
    "a</think>b",
    "<<answer>",
    "</</answer>",
  ])("%j is none", async (body) => {
    expect((await open("vqa")).accepts(inVqa(body))).toBe(false);
  });

  test("bytes that are no UTF-8 are not let through", async () => {
    const grammar = answerGrammar({ schema: { type: "string" }, definition: taskDefinitions.vqa, cot: false })!;
    let valid = 0;
    for (const bytes of byteSequences()) {
      const passes = await letsThrough(grammar, Uint8Array.from([0x22, ...bytes, 0x22]));
      if (passes !== isUtf8(bytes)) expect.fail(`${Buffer.from(bytes).toString("hex")} passes: ${passes}`);
      if (passes) valid++;
    }
    expect(valid).toBeGreaterThan(100);
  });
});

/** Up to four bytes, with second bytes at the edges of what UTF-8 allows. */
function byteSequences(): number[][] {
  const leads = Array.from({ length: 128 }, (_, index) => 0x80 + index);
  const seconds = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  return leads.flatMap((lead) => [
    [lead],
    ...seconds.flatMap((second) => [
      [lead, second],
      [lead, second, 0x80],
      [lead, second, 0xbf, 0x80],
    ]),
  ]);
}

function isUtf8(bytes: readonly number[]): boolean {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes)) !== "";
  } catch {
    return false;
  }
}

describe("boxes", () => {
  const box = (inner: string): string =>
    `{"phrase_grounding":{"sentence":"a","groundings":[{"phrase":"b","grounding":[[${inner}]]}]}}`;

  test("coordinates are the integers 0–1024", async () => {
    const texts = await open("phrase-grounding");
    for (let value = 0; value <= 2100; value++) {
      expect(texts.accepts(box(`0,${value},1024,7`)), String(value)).toBe(value <= 1024);
    }
    for (const text of ["-1", "-0", "01", "00", "1.0", "1e2", '"1"', "null", "10240", ""]) {
      expect(texts.accepts(box(`0,${text},1,2`)), text).toBe(false);
    }
  });

  test("four a box, several boxes and phrases, keys in order", async () => {
    const texts = await open("phrase-grounding");
    expect(texts.accepts(box("1,2,3,4],[5,6,7,8"))).toBe(true);
    expect(texts.accepts(box('1,2,3,4]]},{"phrase":"c","grounding":[[5,6,7,8'))).toBe(true);
    for (const inner of ["1,2,3", "1,2,3,4,5", "1,2,3,4],[", "1, 2,3,4", "1,2,3,4,"]) {
      expect(texts.accepts(box(inner)), inner).toBe(false);
    }
    const swapped = '{"phrase_grounding":{"groundings":[{"phrase":"b","grounding":[[1,2,3,4]]}],"sentence":"a"}}';
    expect(texts.accepts(swapped)).toBe(false);
  });
});

describe("thinking", () => {
  test("comes first, closes, and holds no tag", async () => {
    const texts = await open("vqa", true);
    const answer = '<answer>{"vqa":{"answer":"a"}}</answer>';
    for (const text of ["", 'why\n"not" {} \\ <b>', "a < b </thin"]) {
      expect(texts.accepts(`<think>${text}</think>${answer}`), text).toBe(true);
    }
    for (const text of ["</think>", "<answer>", "</answer>", "<think>"]) {
      expect(texts.accepts(`<think>${text}</think>${answer}`), text).toBe(false);
    }
    expect(texts.accepts(answer)).toBe(false);
    expect(texts.accepts(`<think>why${answer}`)).toBe(false);
    expect(texts.accepts(`<think>why</think>\n${answer}`)).toBe(false);
  });

  test("a plain answer has at least one character", async () => {
    const texts = await open("generic", true);
    expect(texts.accepts("<think>x</think><answer>a\nb</answer>")).toBe(true);
    expect(texts.accepts("<think>x</think><answer></answer>")).toBe(false);
    expect(texts.accepts("<think>x</think><answer>a</answer>b")).toBe(false);
  });

  test("around a schema", async () => {
    const schema = { type: "array", items: { enum: [1, 2] } };
    const texts = await openTexts(answerGrammar({ schema, definition: taskDefinitions.generic, cot: true })!);
    expect(texts.accepts("<think>x</think><answer>[1,2]</answer>")).toBe(true);
  });
});

test("plain text without thinking has no grammar", () => {
  expect(answerGrammar({ schema: null, definition: taskDefinitions.generic, cot: false })).toBeNull();
});
