import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WeightSource } from "../checkpoint/weight-source.ts";
import { GraphBuilder } from "../onnx/graph-builder.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { floatTensor } from "../runtime/host-tensor.ts";
import { openSession } from "../runtime/onnx-session.ts";
import { fusedLinear } from "./fused-linear.ts";
import { type LinearFormat, linear, linearParts } from "./linear.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-linear-"));
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

interface Layer {
  readonly outputs: number;
  readonly bias: boolean;
}

/** Weights in memory; `rows` yields them in chunks of two rows, so that chunks are joined right. */
function source(inputs: number, layers: readonly Layer[]) {
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  for (const [index, { outputs, bias }] of layers.entries()) {
    const values = numbers(outputs * inputs, index + 1);
    tensors.set(`layer${index}.weight`, { shape: [outputs, inputs], values });
    if (bias) tensors.set(`layer${index}.bias`, { shape: [outputs], values: numbers(outputs, index + 91) });
  }
  const weights: WeightSource = {
    has: (name) => tensors.has(name),
    shape: (name) => tensors.get(name)!.shape,
    read: async (name) => tensors.get(name)!.values,
    async *rows(name) {
      const { values } = tensors.get(name)!;
      for (let start = 0; start < values.length; start += 2 * inputs) yield values.slice(start, start + 2 * inputs);
    },
    blocks: () => undefined,
    readRowSync: () => undefined,
  };
  return { weights, tensors };
}

const layers: readonly Layer[] = [
  { outputs: 48, bias: true },
  { outputs: 7, bias: false },
  { outputs: 33, bias: true },
];

/** Largest relative error (of the norm of a row) that a format may have with uniform numbers. */
const formats: readonly (readonly [LinearFormat, number])[] = [
  [{ kind: "float32" }, 1e-6],
  [{ kind: "column", activations: "row" }, 0.015],
  [{ kind: "column", activations: "tensor" }, 0.015],
  ...[32, 64, 128].flatMap((blockSize) => [
    [{ kind: "block", bits: 8, blockSize }, 0.015] as const,
    [{ kind: "block", bits: 4, blockSize }, 0.12] as const,
  ]),
];

describe.each(formats)("format %j", (format, bound) => {
  test.each([
    [64, 1],
    [64, 5],
    // Not a multiple of any block size.
    [90, 40],
    [200, 3],
  ])("%i inputs, %i rows: y = x·Wᵀ + b of three stacked layers, near float64", async (inputs, rows) => {
    const { weights, tensors } = source(inputs, layers);
    const graph = new GraphBuilder();
    const x = graph.input("x", "float32", ["rows", inputs]);
    const parts = layers.map((_, index) => `layer${index}`);
    const width = layers.reduce((sum, { outputs }) => sum + outputs, 0);
    graph.output(linear(graph, weights, x, { parts, format }), "y", "float32", ["rows", width]);
    const name = `m${inputs}-${rows}-${JSON.stringify(format).replace(/\W/g, "")}`;
    await writeOnnxModel(graph.finish(), { folder, name });
    const session = await openSession(join(folder, `${name}.onnx`), { threads: 1 });
    const data = numbers(rows * inputs, 77);
    // One outlier row must not spoil the others, unless all rows were asked to share a scale.
    const outlier = format.kind === "column" && format.activations === "tensor" ? 1 : 50;
    if (rows > 1) data.set(data.subarray(0, inputs).map((value) => outlier * value));
    const { y } = await session.run({ x: floatTensor(data, [rows, inputs]) });
    await session.release();

    expect(y!.length).toBe(rows * width);
    for (let row = 0; row < rows; row++) {
      const expected = parts.flatMap((part) =>
        product(tensors.get(`${part}.weight`)!.values, data.subarray(row * inputs, (row + 1) * inputs)).map(
          (sum, output) => sum + (tensors.get(`${part}.bias`)?.values[output] ?? 0),
        ),
      );
      const actual = y!.subarray(row * width, (row + 1) * width);
      expect(norm(expected.map((value, index) => value - actual[index]!)) / norm(expected)).toBeLessThan(bound);
    }
  });
});

/** W·x in float64, W row-major [outputs, inputs]. */
function product(matrix: Float32Array, x: Float32Array): number[] {
  return Array.from({ length: matrix.length / x.length }, (_, output) =>
    x.reduce((sum, value, k) => sum + value * matrix[output * x.length + k]!, 0),
  );
}

test.each(formats.slice(0, 4))("format %j: parts by themselves are the parts of the stack", async (format) => {
  const { weights } = source(64, [{ outputs: 48, bias: true }, layers[1]!]);
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["batch", "rows", 64]);
  const parts = ["layer0", "layer1"];
  graph.output(linear(graph, weights, x, { parts, format }), "stack", "float32", ["batch", "rows", 55]);
  const again = source(64, [{ outputs: 48, bias: true }, layers[1]!]).weights;
  const renamed: WeightSource = { ...again, ...prefixed(again) };
  const [first, second] = linearParts(graph, renamed, x, { parts: parts.map((part) => `own.${part}`), format });
  graph.output(first!, "first", "float32", ["batch", "rows", 48]);
  graph.output(second!, "second", "float32", ["batch", "rows", 7]);
  const thirds = fusedLinear(graph, weights, x, { fused: "layer0", count: 3, format });
  for (const [part, value] of thirds.entries()) {
    graph.output(value, `third${part}`, "float32", ["batch", "rows", 16]);
  }
  const name = `parts-${JSON.stringify(format).replace(/\W/g, "")}`;
  await writeOnnxModel(graph.finish(), { folder, name });
  const session = await openSession(join(folder, `${name}.onnx`), { threads: 1 });
  const outputs = await session.run({ x: floatTensor(numbers(2 * 5 * 64, 5), [2, 5, 64]) });
  await session.release();
  for (let row = 0; row < 10; row++) {
    const cut = (output: string, width: number): number[] => [
      ...outputs[output]!.subarray(row * width, (row + 1) * width),
    ];
    const stack = cut("stack", 55);
    expect([...cut("first", 48), ...cut("second", 7)]).toEqual(stack);
    expect([0, 1, 2].flatMap((part) => cut(`third${part}`, 16))).toEqual(stack.slice(0, 48));
  }
});

/** The same weights under names with a prefix: a graph takes every name once. */
function prefixed(weights: WeightSource): Partial<WeightSource> {
  const plain = (name: string): string => name.replace("own.", "");
  return {
    has: (name) => weights.has(plain(name)),
    shape: (name) => weights.shape(plain(name)),
    read: (name) => weights.read(plain(name)),
    rows: (name) => weights.rows(plain(name)),
  };
}

test.each(formats.slice(1))("format %j: integers and scales come from one pass over the weights", (format) => {
  const { weights } = source(64, layers);
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["rows", 64]);
  graph.output(linear(graph, weights, x, { parts: ["layer0"], format }), "y", "float32", ["rows", layers[0]!.outputs]);
  const [integers, scales] = graph.finish().weights;
  expect(integers!.content.pass).toBeDefined();
  expect(scales!.content.pass).toBe(integers!.content.pass);
});

test("a layer that cannot be divided is refused by name", () => {
  const { weights } = source(64, layers);
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["rows", 64]);
  const cut = () => fusedLinear(graph, weights, x, { fused: "layer1", count: 3, format: { kind: "column" } });
  expect(cut).toThrow(/"layer1\.weight" has 7 rows, which are not 3 equal parts/);
});

test("stacked layers of different widths are refused by name", () => {
  const { weights, tensors } = source(64, layers);
  tensors.set("layer1.weight", { shape: [7, 32], values: new Float32Array(7 * 32) });
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["rows", 64]);
  const stack = () => linear(graph, weights, x, { parts: ["layer0", "layer1"], format: { kind: "float32" } });
  expect(stack).toThrow(/"layer1\.weight" has shape \[7, 32\].*64 columns/);
});

function norm(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
