import { createCanvas, GlobalFonts } from "@napi-rs/canvas";
import { beforeAll, describe, expect, it } from "vitest";
import { fontOf } from "./bundled-font.ts";
import { layoutText, type TextLine, type TextSpan, truncateText } from "./layout-text.ts";
import { loadCanvas } from "./load-canvas.ts";

beforeAll(async () => void (await loadCanvas()));
const context = createCanvas(1, 1).getContext("2d");
const plain = (text: string): TextSpan[] => [{ text, color: "#fff", weight: 400 }];
const layout = (text: string | TextSpan[], width = 200, maxLines = 99): TextLine[] =>
  layoutText(context, typeof text === "string" ? plain(text) : text, { fontSize: 20, width, maxLines });
const textOf = (line: TextLine): string => line.map(({ text }) => text).join("");
const endOf = (line: TextLine): number => {
  const last = line.at(-1);
  if (last === undefined) return 0;
  context.font = fontOf(20, last.weight);
  return last.x + context.measureText(last.text.trimEnd()).width;
};

describe("layoutText", () => {
  const prose =
    "The quick brown fox jumps over the lazy dog, twice, and Extraordinarilylongwordswithoutanyspaces follow.";

  it("loses no word and stays within the width", () => {
    const lines = layout(prose);
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.map(textOf).join("").replace(/\s/g, "")).toBe(prose.replace(/\s/g, ""));
    for (const line of lines) expect(endOf(line)).toBeLessThanOrEqual(200);
  });

  it("marks a cut with an ellipsis within the width", () => {
    const lines = layout(prose, 200, 2);
    expect(lines.length).toBe(2);
    expect(textOf(lines[1]!)).toMatch(/[^…]…$/);
    expect(endOf(lines[1]!)).toBeLessThanOrEqual(200);
    expect(textOf(layout("short", 200, 1)[0]!)).toBe("short");
  });

  it("keeps line breaks and indentation, but no space where it wraps", () => {
    expect(layout("{\n  a\r\n\n}").map(textOf)).toEqual(["{", "  a", "", "}"]);
    for (const line of layout(prose)) expect(textOf(line)).not.toMatch(/^\s/);
  });

  it("keeps the styles", () => {
    const lines = layout([...plain("a "), { text: "bold", color: "#f00", weight: 600 }, ...plain(" c")], 500);
    expect(lines).toHaveLength(1);
    expect(lines[0]!.map(({ text, color }) => [text, color])).toContainEqual(["bold", "#f00"]);
    expect(lines[0]!.every(({ x }, i, all) => i === 0 || x > all[i - 1]!.x)).toBe(true);
  });

  it("survives texts without end, empty ones and a width of nothing", () => {
    expect(layout("x".repeat(1_000_000), 200, 3)).toHaveLength(3);
    expect(layout("")).toEqual([[]]);
    expect(layout("abc", 0).map(textOf)).toEqual(["a", "b", "c"]);
  });
});

it("truncateText never splits a grapheme", () => {
  const family = "👨‍👩‍👧";
  const shortened = truncateText(family.repeat(5), 3, (text) => Array.from(new Intl.Segmenter().segment(text)).length);
  expect(shortened).toBe(`${family}${family}…`);
});

it("the bundled font covers Latin, Greek, Cyrillic and Vietnamese in both weights", () => {
  for (const script of ["latin", "latin-ext", "greek", "cyrillic", "vietnamese"]) {
    const family = GlobalFonts.families.find((entry) => entry.family === `Ocellus Inter ${script}`);
    expect(family?.styles.map(({ weight }) => weight)).toEqual([400, 600]);
  }
});
