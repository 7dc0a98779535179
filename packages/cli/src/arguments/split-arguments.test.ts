import { expect, test } from "vitest";
import { CommandError } from "../command-error.ts";
import { splitArguments } from "./split-arguments.ts";

const exists = (path: string): boolean => ["photo.jpg", "holiday pictures", "Describe"].includes(path);
const split = (values: readonly string[], prompt?: string) => splitArguments(values, prompt, exists);

test.each([
  [["photo.jpg", "How many mugs?"], ["photo.jpg"], "How many mugs?"],
  [["photo.jpg"], ["photo.jpg"], ""],
  [["photo.jpg", "mising.jpg"], ["photo.jpg", "mising.jpg"], ""],
  [["photo.jpg", "my photo.JPG"], ["photo.jpg", "my photo.JPG"], ""],
  [["photo.jpg", "holiday pictures"], ["photo.jpg", "holiday pictures"], ""],
  [["photo.jpg", "photos/more"], ["photo.jpg", "photos/more"], ""],
  [["photo.jpg", "clip.bin"], ["photo.jpg", "clip.bin"], ""],
  [["photo.jpg", "https://example.com/a"], ["photo.jpg", "https://example.com/a"], ""],
  [["photo.jpg", "data:image/png;base64,AAAA"], ["photo.jpg", "data:image/png;base64,AAAA"], ""],
  [["photo.jpg", "Explain."], ["photo.jpg"], "Explain."],
  [["photo.jpg", "Describe"], ["photo.jpg", "Describe"], ""],
  [["photo.jpg", "Is this version 2.0"], ["photo.jpg"], "Is this version 2.0"],
  [["photo.jpg", "cats/dogs, which more?"], ["photo.jpg"], "cats/dogs, which more?"],
])("%j", (values, sources, prompt) => {
  expect(split(values)).toEqual({ sources, prompt });
});

test("with --prompt every argument is a source", () => {
  expect(split(["photo.jpg", "a b"], "Why?")).toEqual({ sources: ["photo.jpg", "a b"], prompt: "Why?" });
});

test("no source, or an empty one, is wrong usage", () => {
  for (const values of [["How many mugs?"], [], ["photo.jpg", " ", "Why is it?"]]) {
    expect(() => split(values)).toThrow(CommandError);
  }
});
