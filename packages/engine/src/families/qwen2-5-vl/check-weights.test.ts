import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { readGoldenCheckpoint } from "../../golden/golden-checkpoint.ts";
import { goldenConfig, storedShapes } from "../../golden/stored-shapes.ts";
import { checkWeights } from "./check-weights.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
const config = goldenConfig(golden.folder);

/** A weight source that knows shapes only. */
function source(shapes: ReadonlyMap<string, readonly number[]>): WeightSource {
  return {
    has: (name: string) => shapes.has(name),
    shape: (name: string) => {
      const shape = shapes.get(name);
      if (shape === undefined) throw new ModelLoadError(`Weight "${name}" is missing.`);
      return shape;
    },
  } as unknown as WeightSource;
}

const shapes = storedShapes(golden.folder);

test("the stored tensors of a checkpoint pass", () => {
  expect(shapes.size).toBeGreaterThan(90);
  expect(() => checkWeights(config, source(shapes), false)).not.toThrow();
});

test("each tensor of the checkpoint is checked: none may be missing, none may have another shape", () => {
  for (const [name, shape] of shapes) {
    const others = new Map(shapes);
    others.delete(name);
    expect(() => checkWeights(config, source(others), false), `${name} missing`).toThrow(`"${name}"`);
    const reshaped = new Map(shapes).set(name, [1, ...shape]);
    expect(() => checkWeights(config, source(reshaped), false), `${name} reshaped`).toThrow(`"${name}" has shape`);
  }
});

test("a tied checkpoint needs no output head", () => {
  const tied = new Map(shapes);
  tied.delete("lm_head.weight");
  expect(() => checkWeights(config, source(tied), true)).not.toThrow();
  expect(() => checkWeights(config, source(tied), false)).toThrow('"lm_head.weight"');
});
