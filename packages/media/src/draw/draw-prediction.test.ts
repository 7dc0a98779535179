import { describe, expect, it } from "vitest";
import type { Picture } from "../image/picture.ts";
import { assignColors } from "./color-palette.ts";
import type { DrawableResponse } from "./describe-drawing.ts";
import { drawPrediction } from "./draw-prediction.ts";
import { panelColors } from "./draw-text-panel.ts";
import { highlightPhrases } from "./highlight-phrases.ts";

const noise = (width: number, height: number): Picture => ({
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (Math.imul(i, 2654435761) >>> 24) | 1),
  width,
  height,
});
const region = ({ data, width }: Picture, left: number, top: number, columns: number, rows: number): Uint8Array => {
  const out = new Uint8Array(columns * rows * 3);
  for (let y = 0; y < rows; y++) {
    const at = ((top + y) * width + left) * 3;
    out.set(data.subarray(at, at + columns * 3), y * columns * 3);
  }
  return out;
};
const hexColors = (data: Uint8Array): Set<string> => {
  const colors = new Set<string>();
  for (let i = 0; i < data.length; i += 3) colors.add(`#${Buffer.from(data.subarray(i, i + 3)).toString("hex")}`);
  return colors;
};

// Of megabytes; the matcher of equality takes seconds for them.
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

const captioned: DrawableResponse = { kind: "freeform", prompt: "", result: { caption: "Two mugs on a desk." } };
const answered: DrawableResponse = { kind: "vqa", prompt: "How many mugs?", result: { answer: "Two" } };
const generic: DrawableResponse = { kind: "generic", prompt: "Describe it.", result: "A desk." };
const structured: DrawableResponse = { kind: "structured", prompt: "", result: { count: 2 } };
const grounded: DrawableResponse = {
  kind: "phrase-grounding",
  prompt: "",
  result: {
    sentence: "A mug beside a lamp.",
    groundings: [
      { phrase: "A mug", grounding: [[512, 512, 256, 256]] },
      { phrase: "a lamp", grounding: [[600, 100, 1024, 1024]] },
    ],
  },
};

describe("drawPrediction", () => {
  it("adds a caption strip on top and leaves the picture as it is", async () => {
    const picture = noise(700, 400);
    for (const response of [captioned, generic]) {
      const drawn = await drawPrediction(picture, response);
      const strip = drawn.height - 400;
      expect(drawn.width).toBe(700);
      expect(strip).toBeGreaterThan(40);
      expect(isSame(region(drawn, 0, strip, 700, 400), picture.data)).toBe(true);
      expect(hexColors(region(drawn, 0, 0, 700, strip))).toContain("#f1f5f9");
    }
  });

  it("puts an answer beside a picture, below a wide one", async () => {
    const square = noise(700, 700);
    const beside = await drawPrediction(square, answered);
    expect(beside.height).toBe(700);
    expect(beside.width).toBeGreaterThan(950);
    expect(isSame(region(beside, 0, 0, 700, 700), square.data)).toBe(true);
    expect(hexColors(region(beside, 700, 0, beside.width - 700, 700))).toContain("#7dd3fc");
    const wide = noise(900, 200);
    const below = await drawPrediction(wide, answered);
    expect(below.width).toBe(900);
    expect(isSame(region(below, 0, 0, 900, 200), wide.data)).toBe(true);
    expect((await drawPrediction(square, structured)).width).toBe(beside.width);
  });

  it("shows thinking in the column of the answer, and in one of its own beside a caption", async () => {
    const picture = noise(700, 700);
    const thinking = "First I look for mugs. I see two of them.";
    const isThought = (drawn: Picture, ...area: [number, number, number, number]): boolean =>
      hexColors(region(drawn, ...area)).has(panelColors.thinking);
    const besideAnswer = await drawPrediction(picture, { ...answered, thinking });
    expect(besideAnswer.width).toBe((await drawPrediction(picture, answered)).width);
    expect(isThought(besideAnswer, 700, 0, besideAnswer.width - 700, 700)).toBe(true);
    expect(hexColors(region(besideAnswer, 700, 0, besideAnswer.width - 700, 700))).toContain(panelColors.answer);

    const plain = await drawPrediction(picture, grounded);
    const column = await drawPrediction(picture, { ...grounded, thinking });
    expect(column.height).toBe(plain.height);
    expect(column.width).toBeGreaterThan(950);
    expect(isSame(region(column, 0, 0, 700, plain.height), plain.data)).toBe(true);
    expect(isThought(column, 700, 0, column.width - 700, column.height)).toBe(true);

    const wide = noise(1200, 300);
    const below = await drawPrediction(wide, { ...captioned, thinking });
    const captionOnly = await drawPrediction(wide, captioned);
    expect(below.width).toBe(1200);
    expect(isThought(below, 0, captionOnly.height, 1200, below.height - captionOnly.height)).toBe(true);

    for (const none of [null, "  "]) {
      expect((await drawPrediction(picture, { ...grounded, thinking: none })).width).toBe(700);
    }
  });

  it("draws boxes of the 0–1024 grid, reversed corners included, in the colours of the sentence", async () => {
    const picture = { ...noise(800, 640), data: new Uint8Array(800 * 640 * 3).fill(40) };
    const drawn = await drawPrediction(picture, grounded);
    const strip = drawn.height - 640;
    const colorOf = assignColors(["A mug", "a lamp"]);
    const at = (x: number, y: number): string => [...hexColors(region(drawn, x, strip + y, 1, 1))][0]!;
    expect([at(200, 300), at(399, 200), at(300, 160), at(300, 319)]).toEqual(Array(4).fill(colorOf("A mug")));
    expect([at(799, 300), at(469, 300), at(600, 639)]).toEqual(Array(3).fill(colorOf("a lamp")));
    const stripColors = hexColors(region(drawn, 0, 0, 800, strip));
    expect(stripColors).toContain(colorOf("A mug"));
    expect(stripColors).toContain(colorOf("a lamp"));
  });

  it("enlarges tiny pictures so that text has room, and survives extreme shapes and texts", async () => {
    expect((await drawPrediction(noise(8, 8), answered)).height).toBeGreaterThanOrEqual(640);
    const long = { kind: "vqa", prompt: "why ".repeat(5000), result: { answer: "🙂中".repeat(5000) } } as const;
    for (const [width, height] of [
      [1, 1],
      [3000, 1],
      [1, 900],
      [40, 30],
    ] as const) {
      for (const response of [captioned, grounded, long]) {
        const drawn = await drawPrediction(noise(width, height), response);
        expect(drawn.data.length).toBe(drawn.width * drawn.height * 3);
        expect(drawn.width * drawn.height).toBeLessThan(2e6);
      }
    }
  });
});

describe("highlightPhrases", () => {
  const spans = (sentence: string, phrases: string[]): string[][] =>
    highlightPhrases(sentence, phrases, (phrase) => phrase, "plain").map(({ text, color }) => [text, color]);

  it("colours whole words, longer phrases first, whatever the case", () => {
    expect(spans("A cat in a catalogue, a black cat", ["cat", "Black Cat"])).toEqual([
      ["A ", "plain"],
      ["cat", "cat"],
      [" in a catalogue, a ", "plain"],
      ["black cat", "Black Cat"],
    ]);
  });

  it("leaves a sentence without its phrases alone, and takes odd letters", () => {
    expect(spans("Nothing here", ["dog", ""])).toEqual([["Nothing here", "plain"]]);
    expect(
      spans("İstanbul cat", ["cat"])
        .map(([text]) => text)
        .join(""),
    ).toBe("İstanbul cat");
    expect(spans("", ["cat"])).toEqual([]);
  });
});
