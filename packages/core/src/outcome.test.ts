import { expect, test } from "vitest";
import { GrammarError } from "./errors/grammar-error.ts";
import { toOutcome, unwrap } from "./outcome.ts";

test("a promise becomes a tuple with one side null", async () => {
  expect(await toOutcome(Promise.resolve(7))).toEqual([7, null]);
  expect(await toOutcome(Promise.resolve(null))).toEqual([null, null]);
  const error = new GrammarError("m");
  expect(await toOutcome(Promise.reject(error))).toEqual([null, error]);
  expect((await toOutcome(Promise.reject("text")))[1]).toMatchObject({ code: "generation", message: "text" });
});

test("unwrap gives the result or throws the error", () => {
  const error = new GrammarError("m");
  expect(unwrap([7, null])).toBe(7);
  expect(() => unwrap([null, error])).toThrow(error);
});
