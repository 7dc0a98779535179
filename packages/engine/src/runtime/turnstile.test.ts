import { expect, test } from "vitest";
import { Turnstile } from "./turnstile.ts";

const never = new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("first come, first served within the bound; what is too large waits until it is alone", async () => {
  const turnstile = new Turnstile(10);
  const inside: string[] = [];
  const enter = async (name: string, amount: number) => {
    const leave = await turnstile.enter(never, amount);
    inside.push(name);
    return leave;
  };
  const [a, b, huge, small] = [enter("a", 6), enter("b", 4), enter("huge", 25), enter("small", 1)];
  await settled();
  expect(inside).toEqual(["a", "b"]);
  (await a)();
  await settled();
  expect(inside).toEqual(["a", "b"]); // "small" does not overtake
  (await b)();
  await settled();
  expect(inside).toEqual(["a", "b", "huge"]);
  (await huge)();
  (await small)();
  expect(inside).toEqual(["a", "b", "huge", "small"]);
});

test("one that is aborted while it waits lets those behind it pass", async () => {
  const turnstile = new Turnstile(2);
  const controller = new AbortController();
  const leave = await turnstile.enter(never, 1);
  const large = turnstile.enter(controller.signal, 2);
  const small = turnstile.enter(never, 1);
  controller.abort("gone");
  await expect(large).rejects.toMatchObject({ code: "aborted", cause: "gone" });
  (await small)();
  leave();
  await expect(turnstile.enter(AbortSignal.abort(), 1)).rejects.toMatchObject({ code: "aborted" });
  await expect(turnstile.pass(never, () => Promise.reject(new Error("failed")))).rejects.toThrow("failed");
  (await turnstile.enter(never, 2))();
});
