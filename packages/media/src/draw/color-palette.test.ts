import { describe, expect, it } from "vitest";
import { assignColors, colorPalette, readableTextColor } from "./color-palette.ts";

const luminance = (color: string): number => {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const contrast = (a: string, b: string): number => {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number];
  return (high + 0.05) / (low + 0.05);
};

describe("assignColors", () => {
  const labels = Array.from({ length: colorPalette.length }, (_, i) => `label ${i}`);

  it("gives every label of a picture its own colour, the same for the same text", () => {
    const colorOf = assignColors([...labels, "Label 3 "]);
    expect(new Set(labels.map(colorOf)).size).toBe(colorPalette.length);
    expect(colorOf(" LABEL 3")).toBe(colorOf("label 3"));
  });

  it("keeps a colour from picture to picture", () => {
    for (const label of labels) expect(assignColors([label])(label)).toBe(assignColors([label, "other"])(label));
  });

  it("goes round when there are more labels than colours", () => {
    const many = Array.from({ length: 35 }, (_, i) => `thing ${i}`);
    const colorOf = assignColors(many);
    for (const label of many) expect(colorPalette).toContain(colorOf(label));
  });
});

it("text on every plate, and every colour on the panel, is legible (WCAG AA for large text or better)", () => {
  for (const color of colorPalette) {
    expect(contrast(color, readableTextColor(color)), color).toBeGreaterThan(4.5);
    expect(contrast(color, "#0f172a"), color).toBeGreaterThan(4);
  }
  expect(readableTextColor("#ffffff")).toBe("#0b1220");
  expect(readableTextColor("#102040")).toBe("#ffffff");
});
