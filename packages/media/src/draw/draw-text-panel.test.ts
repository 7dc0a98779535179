import { expect, it } from "vitest";
import { createTextPanel, type PanelSection } from "./draw-text-panel.ts";
import { loadCanvas } from "./load-canvas.ts";

it("cuts a section only when the whole text does not fit", async () => {
  const context = (await loadCanvas()).createCanvas(1, 1).getContext("2d");
  const section = (heading: string, words: number): PanelSection => ({
    heading,
    spans: [{ text: "word ".repeat(words).trim(), color: "#fff", weight: 400 }],
  });
  const sections = [section("Question", 3), section("Thinking", 60), section("Answer", 1)];
  const heightIn = (maxHeight: number, list = sections): number =>
    createTextPanel(context, list, { fontSize: 20, width: 300, maxHeight }).height;
  const natural = heightIn(100_000);
  expect(heightIn(natural)).toBe(natural);
  // A long text beside short ones gets all that they leave.
  const cut = heightIn(natural - 100);
  expect(cut).toBeLessThanOrEqual(natural - 100);
  expect(cut).toBeGreaterThan(natural - 100 - 40);
  expect(heightIn(1)).toBeLessThan(natural / 2);
});
