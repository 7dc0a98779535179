import { expect, test } from "vitest";
import { createRunProgress } from "./run-progress.ts";
import { createRunProgressLine, formatRunProgress } from "./run-progress-line.ts";

test("counts, speed and remaining time", () => {
  let clock = 1000;
  const progress = createRunProgress(4, () => clock);
  clock += 500;
  expect(progress.finish(true)).toEqual({
    kind: "run",
    completed: 1,
    total: 4,
    succeeded: 1,
    failed: 0,
    elapsedMs: 500,
    entriesPerSecond: 2,
    remainingMs: 1500,
  });
  clock += 500;
  const event = progress.finish(false);
  expect(event).toMatchObject({ completed: 2, succeeded: 1, failed: 1, entriesPerSecond: 2, remainingMs: 1000 });
  expect(formatRunProgress(event)).toBe("██████████░░░░░░░░░░ 2/4 (1 ok, 1 failed) 2.0/s, 0:01 left");
});

test("long times", () => {
  const event = createRunProgress(
    3,
    (
      (times) => () =>
        times.shift()!
    )([0, 3_600_000]),
  ).finish(true);
  expect(formatRunProgress(event)).toContain("1/3 (1 ok, 0 failed) 0.0/s, 2:00:00 left");
});

test("a terminal sees one line, overwritten not too often; elsewhere the last state is written", () => {
  let clock = 0;
  const events = ((progress) =>
    [50, 60, 200, 210].map((at) => {
      clock = at;
      return progress.finish(true);
    }))(createRunProgress(4, () => clock));
  for (const [isTTY, expected] of [
    [true, 4],
    [false, 1],
  ] as const) {
    const written: string[] = [];
    const line = createRunProgressLine({ isTTY, write: (text) => written.push(text) });
    for (const event of events) line.update(event);
    line.end();
    expect(written.length).toBe(expected);
    expect(written.join("")).toContain("4/4 (4 ok, 0 failed)");
    expect(written.at(-1)!.endsWith("\n")).toBe(true);
  }
});
