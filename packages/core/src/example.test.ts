import { expect, test } from "vitest";
import { main } from "../examples/own-backend.ts";

test("the example of the README runs", async () => {
  const raw = '{"vqa":{"answer":"2 turns, task vqa"}}';
  expect(await main()).toEqual(["2 turns, task vqa", raw, raw, raw, "freeform"]);
});
