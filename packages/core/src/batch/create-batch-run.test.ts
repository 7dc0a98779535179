import { expect, test, vi } from "vitest";
import { GenerationError } from "../errors/generation-error.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { type BatchPlan, createBatchRun } from "./create-batch-run.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A run of `count` entries that a test finishes by hand. */
function manualRun(count: number, concurrency: number, more: Partial<BatchPlan<string>> = {}) {
  const finish: ((result: string | Error) => void)[] = [];
  const signals: AbortSignal[] = [];
  const run = createBatchRun<string>({
    concurrency,
    expand: async () =>
      Array.from({ length: count }, (_, index) => ({
        source: `${index}.jpg`,
        run: (signal: AbortSignal) => {
          signals.push(signal);
          return new Promise<string>((resolve, reject) => {
            finish[index] = (result) => (typeof result === "string" ? resolve(result) : reject(result));
          });
        },
      })),
    ...more,
  });
  return { run, finish, signals };
}

test("outcomes are in the order of the input, entries come as they finish", async () => {
  const { run, finish } = manualRun(3, 3);
  const seen: [number, unknown][] = [];
  const reading = (async () => {
    for await (const { index, source } of run) seen.push([index, source]);
  })();
  await nextTurn();
  for (const index of [2, 0, 1]) {
    finish[index]!(`r${index}`);
    await nextTurn();
  }
  expect(await run).toEqual([
    ["r0", null],
    ["r1", null],
    ["r2", null],
  ]);
  await reading;
  expect(seen).toEqual([
    [2, "2.jpg"],
    [0, "0.jpg"],
    [1, "1.jpg"],
  ]);
});

test("at most so many run at once, and the run has started before anyone asks", async () => {
  const { run, finish, signals } = manualRun(5, 2);
  await nextTurn();
  expect(signals.length).toBe(2);
  finish[1]!("x");
  await nextTurn();
  expect(signals.length).toBe(3);
  run.abort();
  await run;
});

test("one failure does not end the run", async () => {
  const { run, finish } = manualRun(2, 2);
  await nextTurn();
  const failure = new GenerationError("bad");
  finish[0]!(failure);
  finish[1]!("ok");
  expect(await run).toEqual([
    [null, failure],
    ["ok", null],
  ]);
});

test("an abort marks what is not finished and resolves, also when the work does not listen", async () => {
  const controller = new AbortController();
  const { run, finish, signals } = manualRun(4, 2, { signal: controller.signal });
  await nextTurn();
  finish[1]!("ok");
  await nextTurn();
  controller.abort("enough");
  const outcomes = await run;
  expect(outcomes[1]).toEqual(["ok", null]);
  for (const index of [0, 2, 3]) expect(outcomes[index]![1]).toMatchObject({ code: "aborted", cause: "enough" });
  expect(signals.length).toBe(3);
  expect(signals[0]!.aborted).toBe(true);
});

test("leaving the loop aborts the rest", async () => {
  const { run, finish } = manualRun(3, 1);
  await nextTurn();
  finish[0]!("ok");
  for await (const _ of run) break;
  const outcomes = await run;
  expect(outcomes.map(([result, error]) => result ?? error!.code)).toEqual(["ok", "aborted", "aborted"]);
});

test("one consumer only", async () => {
  const run = createBatchRun<string>({ concurrency: 1, expand: async () => [] });
  for await (const _ of run) expect.unreachable();
  expect(() => run[Symbol.asyncIterator]()).toThrow("one consumer");
  expect(await run).toEqual([]);
});

test("a mistake that shows late rejects the run, for those who ask", async () => {
  const unhandled = vi.fn();
  process.on("unhandledRejection", unhandled);
  const mistake = new InvalidArgumentError("2 prompts for 3 sources");
  const run = createBatchRun<string>({ concurrency: 1, expand: () => Promise.reject(mistake) });
  await nextTurn();
  await nextTurn();
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
  await expect(Promise.resolve(run)).rejects.toBe(mistake);
  const reading = async () => {
    for await (const _ of run) expect.unreachable();
  };
  await expect(reading()).rejects.toBe(mistake);
});

test("dispose waits until nothing runs", async () => {
  const onEnd = vi.fn();
  const { run } = manualRun(2, 1, { onEnd });
  await nextTurn();
  await run[Symbol.asyncDispose]();
  expect(onEnd).toHaveBeenCalledTimes(1);
});

test("hundreds at once do not make Node warn of leaking listeners", async () => {
  const warning = vi.fn();
  process.on("warning", warning);
  const { run } = manualRun(300, 300, { signal: new AbortController().signal });
  await nextTurn();
  run.abort();
  await run;
  await nextTurn();
  process.off("warning", warning);
  expect(warning).not.toHaveBeenCalled();
});
