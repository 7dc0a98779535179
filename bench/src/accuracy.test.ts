import type { PrecisionParts } from "@ocellus/engine";
import { describe, expect, test } from "vitest";
import { type AccuracyCheckpoint, embeddedCheckpoint, goldenCheckpoint } from "./accuracy-cases.ts";
import { measureAccuracy } from "./measure-accuracy.ts";

interface Bounds extends Partial<PrecisionParts> {
  /** Largest mean relative error of the scores. */
  readonly error: number;
  /** Smallest part of the steps that choose the reference's token. */
  readonly agreement: number;
}

const embedded = embeddedCheckpoint();
/** A third of its questions, which is enough here. */
const third = { ...embedded, cases: embedded.cases.filter((_, index) => index % 3 === 0) };

/** Well away from what `npm run bench -- accuracy` prints: they catch a broken layout, not a lost digit. */
const cases: readonly (readonly [AccuracyCheckpoint, readonly Bounds[]])[] = [
  [
    goldenCheckpoint("qwen2_5_vl"),
    [
      { decode: "float32", error: 1e-4, agreement: 1 },
      { decode: "int8", blockSize: 32, error: 0.12, agreement: 0.7 },
      { decode: "int8", blockSize: 128, error: 0.15, agreement: 0.7 },
      { decode: "int4", blockSize: 32, error: 0.75, agreement: 0.1 },
    ],
  ],
  [
    third,
    [
      { decode: "float32", error: 0, agreement: 0.99 },
      { decode: "int8", blockSize: 32, error: 0.05, agreement: 0.92 },
      { decode: "int4", blockSize: 32, error: 0.25, agreement: 0.7 },
      { decode: "int4", blockSize: 32, prefill: "int8", error: 0.25, agreement: 0.7 },
      { decode: "int4", blockSize: 128, error: 0.3, agreement: 0.7 },
    ],
  ],
];

describe.each(cases)("$name", (checkpoint, bounds) => {
  test("no precision is further from the reference than it should be", async () => {
    let reference: readonly Float32Array[] | undefined;
    for (const { error, agreement, ...format } of bounds) {
      const measured = await measureAccuracy(checkpoint, format, reference);
      reference ??= measured.logits;
      const label = JSON.stringify(format);
      expect(measured.logitsError, label).toBeLessThanOrEqual(error);
      expect(measured.agreement, label).toBeGreaterThanOrEqual(agreement);
      // A quantised model that equals float32 exactly would not be quantised.
      if (format.decode !== "float32") expect(measured.logitsError, label).toBeGreaterThan(1e-4);
    }
  });
});
