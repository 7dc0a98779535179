import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { float, GraphBuilder, type OnnxGraph, type OnnxType, type WeightContent } from "./graph-builder.ts";
import { writeOnnxModel } from "./write-onnx-model.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-graph-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function run(graph: OnnxGraph, feeds: Record<string, ort.Tensor>): Promise<ort.InferenceSession.ReturnType> {
  await writeOnnxModel(graph, { folder, name: "model" });
  const session = await ort.InferenceSession.create(join(folder, "model.onnx"), { logSeverityLevel: 3 });
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

function content(type: OnnxType, dims: readonly number[], values: ArrayBufferView, pieces = 1): WeightContent {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return {
    type,
    dims,
    async *chunks() {
      for (let i = 0; i < pieces; i++) {
        yield bytes.subarray(Math.floor((bytes.length * i) / pieces), Math.floor((bytes.length * (i + 1)) / pieces));
      }
    },
  };
}

const numbers = (tensor: ort.Tensor | undefined): number[] => Array.from(tensor!.data as ArrayLike<number>, Number);

test("several external tensors of every type reach the runtime unchanged", async () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["rows", 3]);
  const a = graph.weight("a", content("float32", [3], Float32Array.of(1.5, -2, 0.25), 5));
  const b = graph.weight("b", content("int8", [3], Int8Array.of(-128, 0, 127)));
  const c = graph.weight("c", content("int64", [1], BigInt64Array.of(-(2n ** 40n))));
  const half = graph.weight("h", content("float16", [2], Uint16Array.of(0x3c00, 0xc000)));
  graph.output(graph.node("Add", [x, a]), "sum", "float32", ["rows", 3]);
  graph.output(graph.node("Cast", [b], { to: 6 }), "b_out", "int32", [3]);
  graph.output(graph.node("Cast", [half], { to: 1 }), "h_out", "float32", [2]);
  graph.output(c, "c_out", "int64", [1]);
  const result = await run(graph.finish(), { x: new ort.Tensor("float32", [1, 2, 3, 4, 5, 6], [2, 3]) });
  expect(numbers(result.sum)).toEqual([2.5, 0, 3.25, 5.5, 3, 6.25]);
  expect(numbers(result.b_out)).toEqual([-128, 0, 127]);
  expect(numbers(result.h_out)).toEqual([1, -2]);
  expect(result.c_out!.data).toEqual(BigInt64Array.of(-(2n ** 40n)));
});

test("constants of every type, negative and large integers", async () => {
  const graph = new GraphBuilder();
  const cases = [
    ["int64", [-1n, 9223372036854775807n, -9223372036854775808n], [-1n, 9223372036854775807n, -9223372036854775808n]],
    ["int32", [-2147483648, 7, 2147483647], [-2147483648, 7, 2147483647]],
    ["uint8", [0, 128, 255], [0, 128, 255]],
    ["int8", [-128, -1, 127], [-128, -1, 127]],
    ["float32", [-1e30, 0.5, Number.POSITIVE_INFINITY], [Math.fround(-1e30), 0.5, Number.POSITIVE_INFINITY]],
    ["bool", [1, 0, 5], [1, 0, 1]],
  ] as const;
  for (const [type, values] of cases) graph.output(graph.constant(type, [3], values), `${type}_out`, type, [3]);
  const result = await run(graph.finish(), {});
  for (const [type, , expected] of cases) {
    expect(Array.from(result[`${type}_out`]!.data as ArrayLike<number>), type).toEqual(expected);
  }
});

test("operators with several, omitted and named outputs and with optional inputs", async () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [1, 4]);
  const sizes = graph.constant("int64", [2], [1, 3]);
  const [, right] = graph.nodes("Split", [x, sizes], { axis: -1 }, { outputs: 2 });
  const gamma = graph.weight("gamma", content("float32", [4], Float32Array.of(1, 2, 3, 4)));
  const options = { domain: "com.microsoft", outputs: [true, undefined, undefined, "residual"] } as const;
  const [normed] = graph.nodes("SkipSimplifiedLayerNormalization", [x, x, gamma], { epsilon: float(1e-6) }, options);
  // Clip(x, min?, max): the second input is left out
  const clipped = graph.node("Clip", [x, undefined, graph.constant("float32", [], [2])]);
  graph.output(right, "right", "float32", [1, 3]);
  graph.output(normed, "normed", "float32", [1, 4]);
  graph.output("residual", "residual", "float32", [1, 4]);
  graph.output(clipped, "clipped", "float32", [1, 4]);
  const result = await run(graph.finish(), { x: new ort.Tensor("float32", [1, 2, 3, 4], [1, 4]) });
  expect(numbers(result.right)).toEqual([2, 3, 4]);
  expect(numbers(result.residual)).toEqual([2, 4, 6, 8]);
  expect(numbers(result.clipped)).toEqual([1, 2, 2, 2]);
  // x+x = [2,4,6,8], root mean square √30
  const expected = [2, 8, 18, 32].map((value) => value / Math.sqrt(30 + 1e-6));
  for (const [index, value] of numbers(result.normed).entries()) expect(value).toBeCloseTo(expected[index]!, 5);
});

test("every kind of attribute arrives", async () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [2, 3]);
  graph.output(graph.node("Transpose", [x], { perm: [1, 0] }), "ints", "float32", [3, 2]);
  graph.output(graph.node("LeakyRelu", [x], { alpha: float(0.25) }), "float", "float32", [2, 3]);
  graph.output(graph.node("Gelu", [x], { approximate: "tanh" }), "string", "float32", [2, 3]);
  graph.output(
    graph.node("ReduceMax", [x, graph.constant("int64", [1], [-1])], { keepdims: 0 }),
    "int",
    "float32",
    [2],
  );
  const values = [-4, 1, 2, 3, -8, 6];
  const result = await run(graph.finish(), { x: new ort.Tensor("float32", values, [2, 3]) });
  expect(numbers(result.ints)).toEqual([-4, 3, 1, -8, 2, 6]);
  expect(numbers(result.float)).toEqual([-1, 1, 2, 3, -2, 6]);
  expect(numbers(result.int)).toEqual([2, 6]);
  const tanhGelu = (v: number): number => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
  for (const [i, value] of numbers(result.string).entries()) expect(value).toBeCloseTo(tanhGelu(values[i]!), 5);
});
