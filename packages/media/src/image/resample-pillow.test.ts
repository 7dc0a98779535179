import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Picture } from "./picture.ts";
import type { ResampleFilterName } from "./resample-filter.ts";
import { resamplePillow } from "./resample-pillow.ts";

interface Golden {
  readonly source: [number, number];
  readonly seed: number;
  readonly target: [number, number];
  readonly filter: ResampleFilterName;
  readonly sha256: string;
}

const goldenUrl = new URL("../../../../fixtures/resample/golden.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(goldenUrl, "utf8")) as { cases: Golden[] };

/** The generator of fixtures/make/resample.py. */
function noise(width: number, height: number, seed: number): Picture {
  const data = new Uint8Array(width * height * 3);
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = state >>> 24;
    data[i] = value < 64 ? 0 : value >= 192 ? 255 : value;
  }
  return { data, width, height };
}

describe("resamplePillow", () => {
  it.each(cases)("$filter $source -> $target equals Pillow", ({ source, seed, target, filter, sha256 }) => {
    const picture = noise(source[0], source[1], seed);
    const result = resamplePillow(picture, { width: target[0], height: target[1] }, filter);
    expect([result.width, result.height]).toEqual(target);
    expect(createHash("sha256").update(result.data).digest("hex")).toBe(sha256);
  });

  it("is bicubic by default and does not touch its input", () => {
    const picture = noise(20, 10, 5);
    const before = picture.data.slice();
    const byDefault = resamplePillow(picture, { width: 11, height: 17 });
    expect(byDefault.data).toEqual(resamplePillow(picture, { width: 11, height: 17 }, "bicubic").data);
    expect(picture.data).toEqual(before);
  });

  it.each([0, -1, 1.5, Number.NaN])("rejects the width %s", (width) => {
    expect(() => resamplePillow(noise(2, 2, 1), { width, height: 2 })).toThrow(/positive integers/);
  });

  it("rejects an unknown filter by name", () => {
    expect(() => resamplePillow(noise(2, 2, 1), { width: 3, height: 3 }, "cubic" as "bicubic")).toThrow(
      /"cubic".*lanczos/,
    );
  });
});
