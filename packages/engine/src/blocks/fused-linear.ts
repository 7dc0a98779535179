import { ModelLoadError } from "@ocellus/core";
import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { type LinearFormat, linearParts } from "./linear.ts";

/** Which layer a {@link fusedLinear} call multiplies with. */
export interface FusedLinearOptions {
  /** Canonical module name of a layer that stands for several of equal width (`qkv`). */
  readonly fused: string;
  /** How many. */
  readonly count: number;
  readonly format: LinearFormat;
}

/**
 * The layers that are stored as one, each by itself.
 *
 * @returns `count` values [..., outputs / count]
 * @throws ModelLoadError when the outputs cannot be divided by `count`
 */
export function fusedLinear(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { fused, count, format }: FusedLinearOptions,
): readonly Value[] {
  const parts = Array.from({ length: count }, (_, part) => `${fused}[${part}]`);
  return linearParts(graph, slicedRows(weights, fused, count), x, { parts, format });
}

/** The weights with `<module>[i].weight` and `.bias`, the i-th of `count` equal ranges of rows of `<module>`. */
function slicedRows(weights: WeightSource, module: string, count: number): WeightSource {
  const [outputs = 0] = weights.shape(`${module}.weight`);
  const length = outputs / count;
  if (!Number.isInteger(length)) {
    throw new ModelLoadError(
      `Weight "${module}.weight" has ${outputs} rows, which are not ${count} equal parts. The checkpoint does not fit its config.json.`,
    );
  }
  const locate = (name: string): { readonly stored: string; readonly start: number } => {
    const [, part, kind] = /\[(\d+)\](\.\w+)$/.exec(name)!;
    return { stored: `${module}${kind}`, start: Number(part) * length };
  };
  const widthOf = (stored: string): number =>
    weights
      .shape(stored)
      .slice(1)
      .reduce((product, side) => product * side, 1);
  return {
    has: (name) => weights.has(locate(name).stored),
    shape(name) {
      const [, ...columns] = weights.shape(locate(name).stored);
      return [length, ...columns];
    },
    async read(name, signal) {
      const { stored, start } = locate(name);
      const [rows] = weights.shape(stored);
      const width = widthOf(stored);
      if (rows !== outputs) {
        throw new ModelLoadError(
          `Weight "${stored}" has ${rows} rows but its matrix has ${outputs}. The checkpoint is damaged; download it again.`,
        );
      }
      return (await weights.read(stored, signal)).subarray(start * width, (start + length) * width);
    },
    async *rows(name, signal) {
      const { stored, start } = locate(name);
      const width = widthOf(stored);
      let row = 0;
      for await (const chunk of weights.rows(stored, signal)) {
        const end = row + chunk.length / width;
        const [from, to] = [Math.max(row, start), Math.min(end, start + length)];
        if (from < to) yield chunk.subarray((from - row) * width, (to - row) * width);
        row = end;
        if (row >= start + length) return;
      }
    },
    blocks: () => undefined,
    readRowSync(name, row, target) {
      const { stored, start } = locate(name);
      weights.readRowSync(stored, start + row, target);
    },
  };
}
