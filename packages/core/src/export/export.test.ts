import { expect, test } from "vitest";
import type { BatchEntry } from "../batch/batch-run.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { SourceNotFoundError } from "../errors/source-not-found-error.ts";
import type { Box } from "../responses/phrase-grounding-response.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import type { SourceInput } from "../source/source-input.ts";
import { nameSource } from "./name-source.ts";
import { toCoco } from "./to-coco.ts";
import { toCsv } from "./to-csv.ts";
import { toJsonLines } from "./to-json-lines.ts";

const rest = {
  prompt: "Any?",
  rawOutput: "…",
  thinking: null,
  usage: { inputTokens: 7, imageTokens: 4, outputTokens: 3 },
  timings: { loadMs: 1, visionMs: 2, prefillMs: 3, decodeMs: 4, firstTokenMs: 5 },
  tokenIds: [1],
  finishReason: "stop",
} as const;
const entry = (index: number, source: SourceInput, response: PredictionResponse): BatchEntry<PredictionResponse> => ({
  index,
  source,
  outcome: [response, null],
});
const vqa = (index: number, answer: string) =>
  entry(index, `${index}.png`, { ...rest, kind: "vqa", result: { answer } });
const grounded = (index: number, phrases: readonly (readonly [string, readonly Box[]])[]) =>
  entry(index, `${index}.png`, {
    ...rest,
    kind: "phrase-grounding",
    result: { sentence: "S.", groundings: phrases.map(([phrase, grounding]) => ({ phrase, grounding })) },
  });
const failed: BatchEntry<PredictionResponse> = {
  index: 9,
  source: "gone, really.png",
  outcome: [null, new SourceNotFoundError('No "gone, really.png".')],
};

/** An RFC 4180 reader that shares nothing with the writer. */
function readCsv(text: string): readonly Record<string, string>[] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain!);
    if (end === "\r\n") rows.push([]);
  }
  expect(rows.pop()).toEqual([]);
  const [names, ...values] = rows;
  return values.map((cells) => {
    expect(cells).toHaveLength(names!.length);
    return Object.fromEntries(names!.map((name, i) => [name, cells[i]!]));
  });
}

test.each(["plain", 'a "quoted" word', "one, two", "line\nbreak\r\nand more", "ünï 日本", ""])(
  "CSV keeps %j",
  (answer) => {
    expect(readCsv(toCsv([vqa(0, answer)]))).toEqual([
      {
        ...{ index: "0", source: "0.png", kind: "vqa", prompt: "Any?", answer, groundings: "", thinking: "" },
        ...{ finishReason: "stop", inputTokens: "7", outputTokens: "3", errorCode: "", errorMessage: "" },
      },
    ]);
  },
);

test.each(["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=A1,"x"'])(
  "CSV defuses the formula %j",
  (answer) => {
    expect(readCsv(toCsv([vqa(0, answer)]))[0]!.answer).toBe(`'${answer}`);
  },
);

test("CSV has failures, boxes and no header on request", () => {
  const rows = readCsv(toCsv([failed, grounded(1, [["mug", [[1, 2, 3, 4]]]])]));
  expect(rows[0]).toMatchObject({
    ...{ index: "9", source: "gone, really.png", kind: "", answer: "" },
    ...{ errorCode: "source-not-found", errorMessage: 'No "gone, really.png".' },
  });
  expect(rows[1]).toMatchObject({ kind: "phrase-grounding", answer: "S." });
  expect(JSON.parse(rows[1]!.groundings!)).toEqual([{ phrase: "mug", grounding: [[1, 2, 3, 4]] }]);
  expect(toCsv([], { header: false })).toBe("");
});

test("JSON Lines read back", () => {
  const entries = [vqa(0, "two\nlines"), failed];
  const text = toJsonLines(entries);
  expect(text.endsWith("}\n")).toBe(true);
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines[0]).toEqual({ index: 0, source: "0.png", result: entries[0]!.outcome[0], error: null });
  expect(lines[1]).toMatchObject({ index: 9, result: null, error: { code: "source-not-found" } });
  expect(toJsonLines([])).toBe("");
});

test("COCO: pixels, categories by phrase, ids that do not depend on the order of finishing", () => {
  const size = { width: 2048, height: 512 };
  const first = {
    ...grounded(0, [
      ["Red  Mug", [[1024, 512, 0, 0]]],
      ["a table", [[0, 0, 1024, 1024]]],
    ]),
    size,
  };
  const second = {
    ...grounded(3, [
      [
        "red mug",
        [
          [1, 2, 3, 4],
          [5, 5, 5, 9],
        ],
      ],
    ]),
    size,
  };
  const text = { ...vqa(5, "Yes."), size };
  const coco = toCoco([text, failed, second, first]);
  expect(coco).toEqual(toCoco([first, second, text, failed]));
  expect(coco.categories).toEqual([
    { id: 1, name: "a table", supercategory: "" },
    { id: 2, name: "red mug", supercategory: "" },
  ]);
  expect(coco.images).toEqual([
    { id: 1, file_name: "0.png", ...size, caption: "S." },
    { id: 4, file_name: "3.png", ...size, caption: "S." },
    { id: 6, file_name: "5.png", ...size },
  ]);
  expect(coco.annotations).toEqual([
    { id: 1, image_id: 1, category_id: 2, bbox: [0, 0, 2048, 256], area: 2048 * 256, iscrowd: 0 },
    { id: 2, image_id: 1, category_id: 1, bbox: [0, 0, 2048, 512], area: 2048 * 512, iscrowd: 0 },
    { id: 3, image_id: 4, category_id: 2, bbox: [2, 1, 4, 1], area: 4, iscrowd: 0 },
    { id: 4, image_id: 4, category_id: 2, bbox: [10, 2.5, 0, 2], area: 0, iscrowd: 0 },
  ]);
  expect(coco.errors).toMatchObject([{ index: 9, file_name: "gone, really.png", code: "source-not-found" }]);
});

test.each([undefined, { width: 0, height: 5 }, { width: Number.NaN, height: 5 }])(
  "COCO refuses the size %j",
  (size) => {
    expect(() => toCoco([{ ...vqa(2, "x"), ...(size === undefined ? {} : { size }) }])).toThrow(InvalidArgumentError);
    expect(() => toCoco([{ ...vqa(2, "x"), ...(size === undefined ? {} : { size }) }])).toThrow("Entry 2 needs size");
  },
);

test("names of sources are short and without secrets", () => {
  expect(nameSource("a/b.png")).toBe("a/b.png");
  expect(nameSource(`data:image/png;base64,${"A".repeat(9000)}`)).toBe("data:image/png;base64,… (9022 characters)");
  expect(nameSource("A".repeat(9000)).length).toBeLessThan(100);
  expect(nameSource(new URL("https://me:word@example.com/a.png?token=abc"))).toBe(
    "https://***@example.com/a.png?token=***",
  );
  expect(nameSource(Uint8Array.of(1, 2))).toBe("(2 bytes)");
  expect(nameSource({ data: new Uint8Array(12), width: 2, height: 2, channels: 3 })).toBe("(2x2 pixels)");
});
