import { createCanvas } from "@napi-rs/canvas";
import { beforeAll, expect, it, vi } from "vitest";
import { drawLabels } from "./draw-labels.ts";
import { loadCanvas } from "./load-canvas.ts";
import { type CanvasArea, placeShapes } from "./place-shapes.ts";

beforeAll(async () => void (await loadCanvas()));

function plates(
  boxes: readonly (readonly [left: number, top: number, width: number, height: number])[],
  label = "a mug",
) {
  const area: CanvasArea = { left: 10, top: 50, width: 400, height: 300 };
  const context = createCanvas(500, 400).getContext("2d");
  const fillRect = vi.spyOn(context, "fillRect");
  const fillText = vi.spyOn(context, "fillText");
  const shapes = boxes.map(([left, top, width, height]) => {
    const [x, y] = [left - area.left, top - area.top];
    return { box: [x, y, x + width, y + height] as const, label, color: "#ff0000" };
  });
  const placed = placeShapes(shapes, { x: 1, y: 1 }, area);
  drawLabels(context, placed, { fontSize: 20, area });
  const rectangles = fillRect.mock.calls as unknown as [number, number, number, number][];
  const lines = new Map<number, string>();
  for (const [text, , y] of fillText.mock.calls) lines.set(y, (lines.get(y) ?? "") + text.trim());
  return { rectangles, lines: [...lines.values()], area };
}

it("keeps every plate inside the picture", () => {
  const boxes = [
    [10, 50, 5, 5],
    [405, 50, 5, 5],
    [10, 345, 5, 5],
    [405, 345, 5, 5],
    [10, 50, 400, 300],
  ] as const;
  const { rectangles, area } = plates(boxes);
  expect(rectangles).toHaveLength(boxes.length);
  for (const [left, top, width, height] of rectangles) {
    expect(left).toBeGreaterThanOrEqual(area.left);
    expect(top).toBeGreaterThanOrEqual(area.top);
    expect(left + width).toBeLessThanOrEqual(area.left + area.width);
    expect(top + height).toBeLessThanOrEqual(area.top + area.height);
  }
});

it("stands above its box when there is room", () => {
  const [[left, top, , height] = [0, 0, 0, 0]] = plates([[100, 200, 80, 60]]).rectangles;
  expect([left, top + height]).toEqual([100, 200]);
});

it("does not cover the plate of another box at the same place", () => {
  const { rectangles } = plates([
    [100, 200, 120, 80],
    [100, 200, 120, 80],
    [104, 203, 120, 80],
  ]);
  for (const [i, [left, top, width, height]] of rectangles.entries()) {
    for (const [otherLeft, otherTop, otherWidth, otherHeight] of rectangles.slice(i + 1)) {
      const apart =
        left + width <= otherLeft ||
        otherLeft + otherWidth <= left ||
        top + height <= otherTop ||
        otherTop + otherHeight <= top;
      expect(apart).toBe(true);
    }
  }
});

it("wraps long labels to three lines, shortens longer ones, and leaves out empty ones", () => {
  const words = "a label that is longer than half of this picture";
  const { rectangles, lines } = plates([[100, 200, 20, 20]], words);
  expect(rectangles[0]![2]).toBeLessThanOrEqual(200);
  expect(lines.length).toBeGreaterThan(1);
  expect(lines.join("")).toBe(words.replaceAll(" ", ""));
  const cut = plates([[100, 200, 20, 20]], `${words}, and then some more, until nobody would want to read it any more`);
  expect(cut.lines).toHaveLength(3);
  expect(cut.lines[2]).toMatch(/…$/);
  expect(plates([[100, 200, 20, 20]], " \n ").rectangles).toEqual([]);
});
