import { InvalidArgumentError } from "@ocellus/core";
import { describe, expect, it } from "vitest";
import type { Picture } from "../image/picture.ts";
import { drawShapes } from "./draw-shapes.ts";
import { type CanvasArea, placeShapes } from "./place-shapes.ts";

const grey = (width: number, height: number): Picture => ({
  data: new Uint8Array(width * height * 3).fill(90),
  width,
  height,
});
const pixel = ({ data, width }: Picture, x: number, y: number): number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
];
const red = [255, 0, 0];
const untouched = [90, 90, 90];

describe("drawShapes", () => {
  it("puts the line just inside the edges of the box and touches nothing far from it", async () => {
    const picture = grey(700, 500);
    const drawn = await drawShapes(picture, [{ box: [100, 60, 300, 260], label: "", color: "#ff0000" }]);
    expect([drawn.width, drawn.height]).toEqual([700, 500]);
    for (const [x, y] of [
      [100, 60],
      [299, 60],
      [100, 259],
      [299, 259],
      [101, 150],
      [200, 61],
    ] as const) {
      expect(pixel(drawn, x, y), `${x},${y}`).toEqual(red);
    }
    for (const [x, y] of [
      [96, 56],
      [303, 263],
      [400, 300],
      [0, 0],
    ] as const) {
      expect(pixel(drawn, x, y), `${x},${y}`).toEqual(untouched);
    }
    expect(picture.data.every((value) => value === 90)).toBe(true);
  });

  it("enlarges a small picture by a whole factor and the boxes with it", async () => {
    const drawn = await drawShapes(grey(100, 80), [{ box: [10, 20, 50, 60], label: "", color: "#ff0000" }]);
    expect([drawn.width, drawn.height]).toEqual([700, 560]);
    expect(pixel(drawn, 70, 140)).toEqual(red);
    expect(pixel(drawn, 349, 419)).toEqual(red);
    expect(pixel(drawn, 355, 425)).toEqual(untouched);
  });

  it("draws a legible plate above the box, in its colour", async () => {
    const drawn = await drawShapes(grey(700, 500), [{ box: [100, 100, 300, 260], label: "mug", color: "#ff0000" }]);
    const plate: string[] = [];
    for (let y = 74; y < 100; y++) for (let x = 100; x < 150; x++) plate.push(pixel(drawn, x, y).join());
    const share = (color: string): number => plate.filter((value) => value === color).length / plate.length;
    expect(share("255,0,0")).toBeGreaterThan(0.4);
    expect(share("11,18,32")).toBeGreaterThan(0.03);
  });

  it("rejects boxes that are no numbers", async () => {
    const boxes = [{ box: [0, 0, Number.NaN, 4] as const, label: "a" }];
    await expect(drawShapes(grey(9, 9), boxes)).rejects.toSatisfy(InvalidArgumentError.isInstance);
  });
});

describe("masks, outlines and key points", () => {
  const half = { label: "", color: "#ff0000" };
  const isTinted = (picture: Picture, x: number, y: number): boolean => {
    const [r, g] = pixel(picture, x, y);
    return r! > 120 && g! < 80;
  };

  it("stretches a mask over the whole picture, its edge in the full colour", async () => {
    const data = Uint8Array.from({ length: 70 * 50 }, (_, at) => Number(at % 70 >= 35 && at >= 20 * 70));
    const drawn = await drawShapes(grey(700, 500), [{ ...half, mask: { data, width: 70, height: 50 } }]);
    expect(isTinted(drawn, 500, 400)).toBe(true);
    expect(pixel(drawn, 355, 400)).toEqual(red);
    for (const [x, y] of [
      [340, 400],
      [500, 190],
    ] as const) {
      expect(pixel(drawn, x, y)).toEqual(untouched);
    }
  });

  it("leaves the hole of an outline open", async () => {
    const square = (from: number, to: number) =>
      [
        [from, from],
        [to, from],
        [to, to],
        [from, to],
      ] as const;
    const drawn = await drawShapes(grey(700, 500), [{ ...half, polygons: [square(100, 400), square(200, 300)] }]);
    expect(isTinted(drawn, 150, 150)).toBe(true);
    expect(pixel(drawn, 100, 250)).toEqual(red);
    expect(pixel(drawn, 250, 250)).toEqual(untouched);
    expect(pixel(drawn, 450, 250)).toEqual(untouched);
  });

  it("joins key points by the lines of the skeleton, and stands the label at them", async () => {
    const keyPoints = [
      [200, 300],
      [400, 300],
      [300, 450],
    ] as const;
    const shape = { ...half, keyPoints, skeleton: [[0, 1]] as const };
    const drawn = await drawShapes(grey(700, 500), [shape]);
    for (const [x, y] of [...keyPoints, [300, 300]] as const) expect(pixel(drawn, x, y)).toEqual(red);
    expect(pixel(drawn, 250, 375)).toEqual(untouched);
    const labelled = await drawShapes(grey(700, 500), [{ ...shape, label: "arm" }]);
    expect(pixel(labelled, 202, 290)).toEqual(red);
  });

  it("refuses what does not fit", async () => {
    for (const [shape, message] of [
      [{ mask: { data: [1, 0, 1], width: 2, height: 2 } }, /mask of "a" is 2 × 2 but has 3 values/],
      [{ keyPoints: [[1, 2]], skeleton: [[0, 1]] }, /skeleton of "a" names key point 1 of 1/],
      [{ polygons: [[[1, Number.POSITIVE_INFINITY]]] }, /point of "a"/],
    ] as const) {
      await expect(drawShapes(grey(9, 9), [{ label: "a", ...shape }])).rejects.toThrow(message);
    }
  });
});

describe("placeShapes", () => {
  const area: CanvasArea = { left: 5, top: 7, width: 100, height: 50 };
  const place = (box: readonly [number, number, number, number]): unknown => {
    const [shape] = placeShapes([{ box, label: "a" }], { x: 2, y: 1 }, area);
    const { left, top, width, height } = shape!.box!;
    return [left, top, width, height];
  };

  it("sorts corners, clips, and keeps at least one pixel", () => {
    expect(place([10, 20, 30, 40])).toEqual([25, 27, 40, 20]);
    expect(place([30, 40, 10, 20])).toEqual([25, 27, 40, 20]);
    expect(place([-9, -9, 900, 900])).toEqual([5, 7, 100, 50]);
    expect(place([10, 10, 10, 10])).toEqual([25, 17, 1, 1]);
    expect(place([500, 500, 500, 500])).toEqual([104, 56, 1, 1]);
  });
});
