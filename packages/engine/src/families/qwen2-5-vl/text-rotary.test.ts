import { expect, test } from "vitest";
import { fixturesFolder } from "../../golden/scratch-checkpoint.ts";
import { goldenConfig } from "../../golden/stored-shapes.ts";
import { textRotary } from "./text-rotary.ts";

test("each frequency turns with the axis of its section", () => {
  const { text } = goldenConfig(`${fixturesFolder}checkpoints/qwen2_5_vl`);
  const { cos, sin } = textRotary(text)(Int32Array.of(1, 5, 2, 6, 3, 7));
  const angle = (row: number, column: number): number => {
    // sections 2, 3, 3 of time, height and width
    const axis = column < 2 ? 0 : column < 5 ? 1 : 2;
    const position = [
      [1, 2, 3],
      [5, 6, 7],
    ][row]![axis]!;
    return position * text.ropeTheta ** (-(2 * column) / text.headDim);
  };
  for (let row = 0; row < 2; row++) {
    for (let column = 0; column < 8; column++) {
      expect(cos[row * 8 + column]).toBeCloseTo(Math.cos(angle(row, column)), 5);
      expect(sin[row * 8 + column]).toBeCloseTo(Math.sin(angle(row, column)), 5);
    }
  }
});
