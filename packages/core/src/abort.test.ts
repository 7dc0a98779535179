import { expect, test, vi } from "vitest";
import { abortError, linkAbort, raceAbort, throwIfAborted } from "./abort.ts";
import { DisposedError } from "./errors/disposed-error.ts";

test("the reason of a signal becomes the cause", () => {
  const reason = new Error("enough");
  expect(abortError(AbortSignal.abort(reason))).toMatchObject({ code: "aborted", cause: reason });
  expect(() => throwIfAborted(AbortSignal.abort("x"))).toThrow(
    expect.objectContaining({ code: "aborted", cause: "x" }),
  );
  expect(() => throwIfAborted(undefined)).not.toThrow();
  expect(() => throwIfAborted(new AbortController().signal)).not.toThrow();
});

test("a closed model stays a closed model", () => {
  const closed = new DisposedError("closed");
  expect(abortError(AbortSignal.abort(closed))).toBe(closed);
});

test("raceAbort settles like the promise and leaves no listener", async () => {
  const { signal } = new AbortController();
  const remove = vi.spyOn(signal, "removeEventListener");
  expect(await raceAbort(Promise.resolve(7), signal)).toBe(7);
  await expect(raceAbort(Promise.reject(new Error("own")), signal)).rejects.toThrow("own");
  expect(remove).toHaveBeenCalledTimes(2);
  expect(await raceAbort(Promise.resolve(7), undefined)).toBe(7);
});

test("raceAbort rejects at an abort; what the promise does later is swallowed", async () => {
  const controller = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const slow = new Promise<never>((_, reject) => {
    fail = reject;
  });
  const race = raceAbort(slow, controller.signal);
  controller.abort("now");
  await expect(race).rejects.toMatchObject({ code: "aborted", cause: "now" });
  fail(new Error("late"));
  await new Promise((resolve) => setImmediate(resolve));
  await expect(raceAbort(new Promise(() => undefined), AbortSignal.abort("before"))).rejects.toMatchObject({
    cause: "before",
  });
});

test("linkAbort forwards the first abort until it is unlinked", () => {
  const [first, second, linked, unlinked] = Array.from({ length: 4 }, () => new AbortController());
  linkAbort(linked!, [undefined, first!.signal, second!.signal]);
  const unlink = linkAbort(unlinked!, [second!.signal]);
  unlink();
  second!.abort("2");
  first!.abort("1");
  expect(linked!.signal.reason).toBe("2");
  expect(unlinked!.signal.aborted).toBe(false);
});
