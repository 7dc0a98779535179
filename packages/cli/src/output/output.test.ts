import { expect, test } from "vitest";
import { formatAnswer } from "./format-answer.ts";
import { formatBytes, formatCount, formatDuration, formatInteger } from "./format-quantity.ts";
import { createLoadingLine } from "./loading-line.ts";
import { printable, printableOn } from "./printable.ts";
import { styleFor } from "./text-style.ts";

test("quantities have three digits and a unit", () => {
  expect([0, 1000, 1024, 1_048_575, 18_505_728, 7.5 * 2 ** 30].map(formatBytes)).toEqual([
    "0 B",
    "1000 B",
    "1.00 KiB",
    "1.00 MiB",
    "17.6 MiB",
    "7.50 GiB",
  ]);
  expect([999, 1000, 999_499, 999_500, 4_585_120, 3_754_622_976].map(formatCount)).toEqual([
    "999",
    "1.00 K",
    "999 K",
    "1.00 M",
    "4.59 M",
    "3.75 B",
  ]);
  expect([0.4, 81.6, 999.4, 999.6, 59_949, 61_000].map(formatDuration)).toEqual([
    "0 ms",
    "82 ms",
    "999 ms",
    "1.0 s",
    "59.9 s",
    "1 min 1 s",
  ]);
  expect([0, 999, 1000, 16_777_216].map(formatInteger)).toEqual(["0", "999", "1,000", "16,777,216"]);
});

test("colour on terminals only, and as the environment says", () => {
  const bold = (isTTY: boolean, environment: Record<string, string>): string =>
    styleFor({ isTTY }, environment).bold("x");
  expect(bold(true, {})).toBe("\u001b[1mx\u001b[22m");
  expect(bold(false, {})).toBe("x");
  expect(bold(true, { NO_COLOR: "1" })).toBe("x");
  expect(bold(true, { NO_COLOR: "" })).not.toBe("x");
  expect(bold(true, { TERM: "dumb" })).toBe("x");
  expect(bold(false, { FORCE_COLOR: "1" })).not.toBe("x");
  expect(bold(true, { FORCE_COLOR: "0" })).toBe("x");
});

test("a terminal is never steered by what a model writes", () => {
  const hostile = "a\u001b]0;title\u0007b\r\u009b2Jc\n\td";
  expect(printable(hostile)).toBe("a␛]0;title␇b␍\ufffd2Jc\n\td");
  expect(printableOn({ isTTY: false }, hostile)).toBe(hostile);
});

test("answers for people", () => {
  const base = {
    prompt: "",
    rawOutput: "",
    thinking: null,
    usage: { inputTokens: 0, imageTokens: 0, outputTokens: 0 },
    timings: { loadMs: 0, visionMs: 0, prefillMs: 0, decodeMs: 0, firstTokenMs: 0 },
    tokenIds: [],
    finishReason: "stop",
  } as const;
  expect(formatAnswer({ ...base, kind: "vqa", result: { answer: "3" } })).toBe("3");
  expect(formatAnswer({ ...base, kind: "generic", result: " A desk.\n" })).toBe("A desk.");
  const groundings = [
    { phrase: "cup", grounding: [[1, 2, 3, 4] as const, [5, 6, 7, 8] as const] },
    { phrase: "red pen", grounding: [[9, 10, 11, 12] as const] },
  ];
  expect(formatAnswer({ ...base, kind: "phrase-grounding", result: { sentence: "A desk.", groundings } })).toBe(
    ["A desk.", "cup      [1, 2, 3, 4]", "         [5, 6, 7, 8]", "red pen  [9, 10, 11, 12]"].join("\n"),
  );
});

test("loading is silent without a terminal, and a line per step and tenth when asked", () => {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  const feed = (isWanted: boolean | undefined): void => {
    const line = createLoadingLine(output, isWanted);
    for (const fraction of [0, 0.01, 0.02, 0.11, 0.8]) line.update({ kind: "load", step: "Converting", fraction });
    line.end();
  };
  feed(undefined);
  feed(false);
  expect(written).toEqual([]);
  feed(true);
  expect(written).toEqual(["ocellus: Converting 0 %\n", "ocellus: Converting 10 %\n", "ocellus: Converting 80 %\n"]);
});
