import { InsufficientMemoryError } from "@ocellus/core";
import { openCheckpoint } from "@ocellus/hub";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PrecisionInput, precisionPlan } from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { familyOf } from "../families/registry.ts";
import { fixturesFolder } from "../golden/scratch-checkpoint.ts";
import { storedShapes } from "../golden/stored-shapes.ts";
import { choosePrecision } from "./choose-precision.ts";
import { availableMemory, estimateMemory, stepBytes } from "./memory-estimate.ts";

const folder = `${fixturesFolder}checkpoints/qwen2_5_vl`;
const plenty = 2 ** 50;
let model: FamilyModel;
let close: () => Promise<void>;

beforeAll(async () => {
  const checkpoint = await openCheckpoint(folder);
  close = () => checkpoint.close();
  model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
});

afterAll(() => close());

const required = (precision: "float32" | "int8" | "int4"): number =>
  estimateMemory(model, precisionPlan(precision)).requiredBytes;
const parts = { decode: "int4", blockSize: 64 } as const;
const withCopy = (): number => estimateMemory(model, precisionPlan({ ...parts, prefill: "int8" })).requiredBytes;

function refusal(choose: () => unknown): InsufficientMemoryError {
  try {
    choose();
  } catch (error) {
    if (InsufficientMemoryError.isInstance(error)) return error as InsufficientMemoryError;
    throw error;
  }
  throw new Error("it was not refused");
}

test("float32 weights take the bytes of all tensors but the token embedding, which stays on disk", () => {
  let elements = 0;
  const tensors = storedShapes(folder);
  for (const [name, shape] of tensors) {
    if (!name.endsWith("embed_tokens.weight")) elements += shape.reduce((product, side) => product * side, 1);
  }
  const { weightBytes, requiredBytes } = estimateMemory(model, precisionPlan("float32"));
  // Every tensor begins on a page of the file.
  expect(weightBytes).toBeGreaterThanOrEqual(4 * elements);
  expect(weightBytes).toBeLessThan(4 * elements + 4096 * tensors.size);
  // keys and values of the whole context: 2 · 3 layers · 32 values · 4096 tokens
  expect(requiredBytes).toBeGreaterThan(weightBytes + 4 * 2 * 3 * 32 * 4096);
});

describe("a precision that was asked for", () => {
  test.each(["float32", "int8", "int4"] as const)(
    "%s is taken when it just fits and refused with both numbers else",
    (precision) => {
      const bytes = required(precision);
      expect(choosePrecision(model, precision, undefined, bytes).plan.precision).toBe(precision);
      const error = refusal(() => choosePrecision(model, precision, undefined, bytes - 1));
      expect([error.requiredBytes, error.availableBytes]).toEqual([bytes, bytes - 1]);
      expect(error.message).toContain(`"${precision}"`);
      expect(error.message).toMatch(precision === "int4" ? /smaller model/ : /precision "int4"/);
    },
  );

  test("is never swapped for another one", () => {
    expect(() => choosePrecision(model, "float32", undefined, required("float32") - 1)).toThrow(/float32/);
  });

  test("the block size goes into the plan", () => {
    expect(choosePrecision(model, "int4", 128, plenty).plan.formats.decoder).toEqual({
      ...{ kind: "block", bits: 4, blockSize: 128 },
    });
    expect(choosePrecision(model, "int8", undefined, plenty).plan.tag).not.toBe(
      choosePrecision(model, "int8", 64, plenty).plan.tag,
    );
    expect(() => choosePrecision(model, "int8", 48 as never, plenty)).toThrow(/48.*32, 64, 128/);
  });
});

describe("an int8 copy for prompts", () => {
  const prefillOf = (wanted: PrecisionInput, available: number): string =>
    choosePrecision(model, wanted, undefined, available).plan.parts.prefill;

  test("is made beside int4 where it fits", () => {
    for (const decode of ["float32", "int8"] as const) expect(prefillOf(decode, plenty)).toBe("same");
    for (const wanted of ["int4", parts] as const) expect(prefillOf(wanted, plenty)).toBe("int8");
    expect(prefillOf(parts, withCopy())).toBe("int8");
    expect(prefillOf(parts, withCopy() - 1)).toBe("same");
    expect(prefillOf({ ...parts, prefill: "same" }, plenty)).toBe("same");
  });

  test("has to fit when it was asked for", () => {
    expect(prefillOf({ ...parts, prefill: "int8" }, withCopy())).toBe("int8");
    expect(refusal(() => prefillOf({ ...parts, prefill: "int8" }, withCopy() - 1)).requiredBytes).toBe(withCopy());
  });

  test("is not what a step of generation reads", () => {
    const alone = stepBytes(model, precisionPlan(parts));
    const beside = stepBytes(model, precisionPlan({ ...parts, prefill: "int8" }));
    // Two files begin on a page each.
    expect(Math.abs(beside - alone)).toBeLessThan(4096);
    expect(alone).toBeLessThan(estimateMemory(model, precisionPlan(parts)).weightBytes);
  });

  test("counts the weights of the layers, not those of the output head", () => {
    const more = withCopy() - estimateMemory(model, precisionPlan(parts)).requiredBytes;
    let integers = 0;
    for (const [name, shape] of storedShapes(folder)) {
      const isLayer = name.includes("layers.") && shape.length === 2 && !name.includes("visual");
      if (isLayer) integers += shape[0]! * shape[1]!;
    }
    // Every tensor begins on a page of the file; norms and scales come on top.
    expect(more).toBeGreaterThan(integers);
    expect(more).toBeLessThan(1.05 * integers + 4096 * 3 * 20);
  });
});

describe('"auto"', () => {
  test("takes the most exact precision that fits", () => {
    expect(choosePrecision(model, "auto", undefined, plenty).plan.precision).toBe("float32");
    expect(choosePrecision(model, "auto", undefined, required("float32") - 1).plan.precision).toBe("int8");
    expect(choosePrecision(model, "auto", undefined, required("int8") - 1).plan.precision).toBe("int4");
    const error = refusal(() => choosePrecision(model, "auto", undefined, 1000));
    expect([error.requiredBytes, error.availableBytes]).toEqual([required("int4"), 1000]);
  });

  test.each([
    [0.9, "float32"],
    [3, "int8"],
    [30, "int4"],
  ])("takes what decodes fast for %i GiB of float32 weights, however much memory there is", (gibibytes, expected) => {
    const scaled: FamilyModel = { ...model, graphs: (formats) => scaledGraphs(model, formats, gibibytes * 2 ** 30) };
    expect(choosePrecision(scaled, "auto", undefined, plenty).plan.precision).toBe(expected);
  });
});

test("the machine's own number is plausible", () => {
  expect(availableMemory()).toBeGreaterThan(2 ** 20);
});

/** The model's graphs with weights as long as those of a larger one would be. */
function scaledGraphs(small: FamilyModel, formats: Parameters<FamilyModel["graphs"]>[0], float32Bytes: number) {
  const factor = float32Bytes / estimateMemory(small, precisionPlan("float32")).weightBytes;
  const graphs = small.graphs(formats);
  const grow = (graph: typeof graphs.vision): typeof graphs.vision => ({
    ...graph,
    weights: graph.weights.map((weight) => ({ ...weight, byteLength: weight.byteLength * factor })),
  });
  return { vision: grow(graphs.vision), decoder: grow(graphs.decoder) };
}
