import { createCanvas } from "@napi-rs/canvas";
import { beforeAll, expect, it, vi } from "vitest";
import { drawLabels } from "./draw-labels.ts";
import { loadCanvas } from "./load-canvas.ts";
import type { CanvasArea, PlacedBox } from "./place-boxes.ts";

beforeAll(async () => void (await loadCanvas()));

function plates(
  boxes: readonly (readonly [left: number, top: number, width: number, height: number])[],
  label = "a mug",
) {
  const area: CanvasArea = { left: 10, top: 50, width: 400, height: 300 };
  const context = createCanvas(500, 400).getContext("2d");
  const fillRect = vi.spyOn(context, "fillRect");
  const fillText = vi.spyOn(context, "fillText");
  const placed: PlacedBox[] = boxes.map(([left, top, width, height]) => ({
    left,
    top,
    width,
    height,
    label,
    color: "#ff0000",
  }));
  drawLabels(context, placed, { fontSize: 20, area });
  const rectangles = fillRect.mock.calls as unknown as [number, number, number, number][];
  return { rectangles, texts: fillText.mock.calls.map(([text]) => text), area };
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

it("shortens long labels and leaves out empty ones", () => {
  const { rectangles, texts } = plates([[100, 200, 20, 20]], "a label that is much longer than half of this picture");
  expect(rectangles[0]![2]).toBeLessThanOrEqual(200);
  expect(texts[0]).toMatch(/^a label.*…$/);
  expect(plates([[100, 200, 20, 20]], " \n ").rectangles).toEqual([]);
});
