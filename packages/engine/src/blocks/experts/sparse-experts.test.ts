import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import { writeOnnxModel } from "../../onnx/write-onnx-model.ts";
import { floatTensor } from "../../runtime/host-tensor.ts";
import { openSession } from "../../runtime/onnx-session.ts";
import type { LinearFormat } from "../linear.ts";
import type { ExpertsConfig } from "./experts-config.ts";
import { separateExperts } from "./fused-experts.ts";
import { sparseExperts } from "./sparse-experts.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-experts-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Uniform numbers in [−1, 1) that are always the same. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const hiddenSize = 20;
const layer: ExpertsConfig = { count: 5, perToken: 2, width: 12, isNormalized: true };
const gated: ExpertsConfig = { ...layer, perToken: 3, isNormalized: false };
const shared = { module: "shared", width: 7, gate: "shared_gate" };

type Tensors = Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** [rows, columns] → [columns, rows] */
const transposed = (values: Float32Array, rows: number): Float32Array =>
  Float32Array.from(values, (_, at) => values[(at % rows) * (values.length / rows) + Math.floor(at / rows)]!);

/** Experts one by one. */
function expertTensors({ count, width }: ExpertsConfig): Tensors {
  const tensors: Tensors = new Map();
  const put = (name: string, rows: number, columns: number) =>
    tensors.set(`mlp.${name}.weight`, { shape: [rows, columns], values: numbers(rows * columns, 100 + tensors.size) });
  const mlp = (name: string, inner: number) => {
    put(`${name}.gate_proj`, inner, hiddenSize);
    put(`${name}.up_proj`, inner, hiddenSize);
    put(`${name}.down_proj`, hiddenSize, inner);
  };
  put("gate", count, hiddenSize);
  for (let expert = 0; expert < count; expert++) mlp(`experts.${expert}`, width);
  mlp("shared", shared.width);
  put("shared_gate", 1, hiddenSize);
  return tensors;
}

/** The same experts in two tensors. */
function fusedTensors(experts: ExpertsConfig, isTransposed: boolean): Tensors {
  const tensors = expertTensors(experts);
  for (const [name, parts] of [
    ["gate_up_proj", ["gate_proj", "up_proj"]],
    ["down_proj", ["down_proj"]],
  ] as const) {
    const each = Array.from({ length: experts.count }, (_, expert) =>
      parts.flatMap((part) => [...tensors.get(`mlp.experts.${expert}.${part}.weight`)!.values]),
    );
    const [rows, columns] = name === "down_proj" ? [hiddenSize, experts.width] : [2 * experts.width, hiddenSize];
    const laid = isTransposed ? each.map((values) => [...transposed(Float32Array.from(values), rows)]) : each;
    const shape = isTransposed ? [experts.count, columns, rows] : [experts.count, rows, columns];
    tensors.set(`mlp.experts.${name}`, { shape, values: Float32Array.from(laid.flat()) });
  }
  return new Map([...tensors].filter(([name]) => !/experts\.\d/.test(name)));
}

function source(tensors: Tensors): WeightSource {
  const row = (name: string, index: number): Float32Array => {
    const { shape, values } = tensors.get(name)!;
    const width = values.length / shape[0]!;
    return values.slice(index * width, (index + 1) * width);
  };
  return {
    has: (name) => tensors.has(name),
    shape: (name) => tensors.get(name)!.shape,
    read: async (name) => tensors.get(name)!.values,
    async *rows(name) {
      for (let index = 0; index < tensors.get(name)!.shape[0]!; index++) yield row(name, index);
    },
    blocks: () => undefined,
    readRowSync: (name, index, target) => target.set(row(name, index)),
  };
}

const silu = (x: number): number => x / (1 + Math.exp(-x));
const product = (matrix: ArrayLike<number>, x: readonly number[]): number[] =>
  Array.from({ length: matrix.length / x.length }, (_, row) =>
    x.reduce((sum, value, column) => sum + value * matrix[row * x.length + column]!, 0),
  );

/** The layer for one token in float64, expert by expert as transformers' loop does it. */
function reference(x: readonly number[], tensors: Tensors, experts: ExpertsConfig): number[] {
  const get = (name: string) => tensors.get(`mlp.${name}`)!.values;
  const mlp = (name: string): number[] => {
    const gate = product(get(`${name}.gate_proj.weight`), x);
    const up = product(get(`${name}.up_proj.weight`), x);
    return product(
      get(`${name}.down_proj.weight`),
      gate.map((value, index) => silu(value) * up[index]!),
    );
  };
  const exponents = product(get("gate.weight"), x).map(Math.exp);
  const total = exponents.reduce((sum, value) => sum + value);
  const shares = exponents.map((value, expert) => ({ expert, share: value / total }));
  const chosen = shares.sort((a, b) => b.share - a.share).slice(0, experts.perToken);
  const norm = experts.isNormalized ? chosen.reduce((sum, { share }) => sum + share, 0) : 1;
  const result = new Array<number>(hiddenSize).fill(0);
  const add = (values: readonly number[], factor: number) => {
    for (const [index, value] of values.entries()) result[index]! += factor * value;
  };
  for (const { expert, share } of chosen) add(mlp(`experts.${expert}`), share / norm);
  if (experts.shared !== undefined) {
    const [logit] = product(get("shared_gate.weight"), x);
    add(mlp("shared"), experts.shared.gate === undefined ? 1 : 1 / (1 + Math.exp(-logit!)));
  }
  return result;
}

let graphs = 0;

async function run(weights: WeightSource, experts: ExpertsConfig, format: LinearFormat, data: Float32Array, batch = 1) {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["batch", "tokens", hiddenSize]);
  const y = sparseExperts(graph, weights, x, { experts, prefix: "mlp", hiddenSize, act: "silu", format });
  graph.output(y, "y", "float32", ["batch", "tokens", hiddenSize]);
  const name = `experts${graphs++}`;
  await writeOnnxModel(graph.finish(), { folder, name });
  const session = await openSession(join(folder, `${name}.onnx`), { threads: 1 });
  const output = await session.run({ x: floatTensor(data, [batch, data.length / hiddenSize / batch, hiddenSize]) });
  await session.release();
  return output.y!;
}

function relativeError(actual: Float32Array, data: Float32Array, tensors: Tensors, experts: ExpertsConfig): number {
  const expected = Array.from({ length: data.length / hiddenSize }, (_, token) =>
    reference([...data.subarray(token * hiddenSize, (token + 1) * hiddenSize)], tensors, experts),
  ).flat();
  const norm = (values: readonly number[]) => Math.hypot(...values);
  return norm(expected.map((value, index) => value - actual[index]!)) / norm(expected);
}

const single = expertTensors(layer);
const float32: LinearFormat = { kind: "float32" };

describe("sparse experts, near float64", () => {
  test.each([
    ["shares that sum to 1", layer],
    ["shares as they are", gated],
    ["a shared expert", { ...layer, shared: { module: "shared", width: 7 } }],
    ["a shared expert with a gate", { ...gated, shared }],
    ["every expert for every token", { ...layer, perToken: 5 }],
    ["one expert for every token", { ...layer, perToken: 1 }],
  ])("%s", async (_, experts) => {
    // One token leaves most experts without rows; thirty reach all of them.
    for (const tokens of [1, 30]) {
      const data = numbers(tokens * hiddenSize, 77);
      const actual = await run(source(single), experts, float32, data);
      expect(relativeError(actual, data, single, experts)).toBeLessThan(1e-6);
    }
  });

  test("several sequences at once", async () => {
    const data = numbers(6 * hiddenSize, 78);
    expect(relativeError(await run(source(single), layer, float32, data, 3), data, single, layer)).toBeLessThan(1e-6);
  });

  test.each([
    [{ kind: "block", bits: 8, blockSize: 32 }, 0.02],
    [{ kind: "block", bits: 4, blockSize: 32 }, 0.25],
    [{ kind: "column", activations: "row" }, 0.03],
  ] as const)("%j", async (format, bound) => {
    for (const tokens of [1, 30]) {
      const data = numbers(tokens * hiddenSize, 79);
      const actual = await run(source(single), { ...layer, shared }, format, data);
      expect(relativeError(actual, data, single, { ...layer, shared })).toBeLessThan(bound);
    }
  });
});

test.each(["outputs-first", "inputs-first"] as const)("fused tensors, %s, are the same experts", async (layout) => {
  const data = numbers(9 * hiddenSize, 80);
  const fused = separateExperts(source(fusedTensors(layer, layout === "inputs-first")), { ...layer, hiddenSize });
  expect(fused.shape("mlp.experts.4.gate_up_proj.weight")).toEqual([24, hiddenSize]);
  expect(fused.has("mlp.experts.4.up_proj.weight")).toBe(false);
  expect(relativeError(await run(fused, layer, float32, data), data, single, layer)).toBeLessThan(1e-6);
});

test("a side that fits both layouts is settled by the other tensor", async () => {
  const square = { ...layer, width: hiddenSize / 2 };
  const data = numbers(4 * hiddenSize, 81);
  const expected = expertTensors(square);
  const fused = separateExperts(source(fusedTensors(square, true)), { ...square, hiddenSize });
  expect(relativeError(await run(fused, square, float32, data), data, expected, square)).toBeLessThan(1e-6);
});

test("another number of experts than config.json says is named", () => {
  const fused = separateExperts(source(fusedTensors(layer, false)), { ...layer, count: 6, hiddenSize });
  expect(() => fused.shape("mlp.experts.0.down_proj.weight")).toThrow(
    'Weight "mlp.experts.gate_up_proj" has shape [5, 24, 20] but config.json asks for [6, 24, 20].',
  );
});
