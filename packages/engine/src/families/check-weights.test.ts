import { type Checkpoint, openCheckpoint } from "@ocellus/hub";
import { expect, test } from "vitest";
import { goldenNames } from "../golden/golden-checkpoint.ts";
import { fixturesFolder } from "../golden/scratch-checkpoint.ts";
import { familyOf } from "./registry.ts";

/** Tensors that the reference does not use either, or whose absence only means that there is no bias. */
const spare = /\.bias$|post_layernorm|vision_tower.*layers\.3\./;

/** The checkpoint with other tensors than its files have. */
function withTensors(checkpoint: Checkpoint, tensors: Checkpoint["tensors"]): Checkpoint {
  return new Proxy(checkpoint, {
    get: (target, key) => {
      if (key === "tensors") return tensors;
      const value: unknown = Reflect.get(target, key);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test.each(goldenNames)("%s: no tensor may be missing or have another shape", async (name) => {
  const checkpoint = await openCheckpoint(`${fixturesFolder}checkpoints/${name}`);
  const family = familyOf(await checkpoint.readJson("config.json"));
  await expect(family.open(checkpoint, {})).resolves.toBeDefined();
  const used = [...checkpoint.tensors].filter(([key]) => !spare.test(key));
  expect(used.length).toBeGreaterThan(20);
  for (const [key, tensor] of used) {
    const others = new Map(checkpoint.tensors);
    others.delete(key);
    await expect(family.open(withTensors(checkpoint, others), {}), `${key} missing`).rejects.toThrow(
      /Weight ".*" is missing/,
    );
    const reshaped = new Map(checkpoint.tensors).set(key, { ...tensor, shape: [1, ...tensor.shape] });
    await expect(family.open(withTensors(checkpoint, reshaped), {}), `${key} reshaped`).rejects.toThrow(/has shape/);
  }
  await checkpoint.close();
});
