import { expect, test } from "vitest";
import type { PreparedVisual } from "../families/model-family.ts";
import { expandVisuals } from "./expand-visuals.ts";

const visual = (mark?: string, text = ""): PreparedVisual => ({
  ...{
    feeds: [],
    placeholder: 9,
    tokens: 2,
    resized: { width: 8, height: 8 },
    grid: { t: 1, h: 1, w: 2 },
    timeStep: 0,
  },
  ...(mark === undefined ? {} : { prompt: { mark, text, spans: [2] } }),
});

test("each mark becomes the text of its visual, in order", () => {
  const expand = expandVisuals([
    visual("<image>", "[<image>]"),
    visual("<video>", "a clip"),
    visual("<image>", "last"),
  ]);
  expect(expand("One <image>, <video> and <image>.")).toBe("One [<image>], a clip and last.");
});

test("a visual that its own mark stands for leaves it alone", () => {
  const expand = expandVisuals([visual(), visual("<video>", "0.5 s <video>"), visual()]);
  expect(expand("<image><video><image>")).toBe("<image>0.5 s <video><image>");
});

test("the pieces of one prompt are taken one after the other", () => {
  const expand = expandVisuals([visual("<image>", "first"), visual("<image>", "second")]);
  expect(["a <image>", "no mark", "<image> b"].map(expand)).toEqual(["a first", "no mark", "second b"]);
});

test("marks beyond the visuals stay, for the check of placeholders to find", () => {
  expect(expandVisuals([visual("<image>", "one")])("<image><image>")).toBe("one<image>");
});
