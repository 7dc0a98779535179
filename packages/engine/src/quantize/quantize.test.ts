import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import * as ort from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GraphBuilder, type OnnxType, type Value, type WeightContent } from "../onnx/graph-builder.ts";
import { writeOnnxModel } from "../onnx/write-onnx-model.ts";
import { type BlockWiseFormat, blockWiseLengths, quantizeBlockWise } from "./block-wise.ts";
import { dequantizeBlockWise, dequantizePerColumn } from "./dequantize.ts";
import { quantizePerColumn } from "./per-column.ts";
import { transposeRows } from "./transpose.ts";

/** Uniform numbers in (0, 1] that are the same in every run: mulberry32. */
function uniformSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return (((bits ^ (bits >>> 14)) >>> 0) + 1) / 4_294_967_296;
  };
}

function normalSource(seed: number): () => number {
  const uniform = uniformSource(seed);
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** Normally distributed weights with standard deviation 0.02, the same for the same seed. */
function gaussian(count: number, seed: number): Float32Array {
  const normal = normalSource(seed);
  return Float32Array.from({ length: count }, () => 0.02 * normal());
}

/** Weights after Student's t distribution with 4 degrees of freedom: rare, large outliers. */
function heavyTailed(count: number, seed: number): Float32Array {
  const normal = normalSource(seed);
  return Float32Array.from({ length: count }, () => {
    const spread = normal() ** 2 + normal() ** 2 + normal() ** 2 + normal() ** 2;
    return (0.02 * normal()) / Math.sqrt(spread / 4);
  });
}

/** Root of the summed squared differences over that of the summed squares of `exact`. */
function relativeError(approximate: ArrayLike<number>, exact: ArrayLike<number>): number {
  let difference = 0;
  let total = 0;
  for (let index = 0; index < exact.length; index++) {
    difference += (approximate[index]! - exact[index]!) ** 2;
    total += exact[index]! ** 2;
  }
  return Math.sqrt(difference / total);
}

/** Error of the textbook scale: signed maximum / −8, or largest magnitude / `divisor`, with rounding to nearest. */
function plainError(weights: Float32Array, blockSize: number, divisor?: number): number {
  const rounded = new Float32Array(weights.length);
  for (let start = 0; start < weights.length; start += blockSize) {
    const block = weights.subarray(start, start + blockSize);
    const extreme = block.reduce((most, weight) => (Math.abs(weight) > Math.abs(most) ? weight : most), 0);
    const scale = divisor === undefined ? extreme / -8 : Math.abs(extreme) / divisor;
    for (const [index, weight] of block.entries()) {
      rounded[start + index] = Math.max(-8, Math.min(7, Math.round(weight / scale))) * scale;
    }
  }
  return relativeError(rounded, weights);
}

describe("quantizeBlockWise", () => {
  test("lays bytes out as MatMulNBits reads them: low half first, 8 or 128 is zero", () => {
    // multiples of one step that use −8, so that any least-squares scale is the step itself
    const integers = [-8, 1, 0, 7, -3, 2, 5, -1, 4, -7, 6, -2, 3, -4, -5, -6];
    const row = Float32Array.from(integers, (value) => value * 0.5);
    const { packed, scales } = quantizeBlockWise(row, { inputs: 16, bits: 4, blockSize: 16 });
    expect(scales[0]).toBe(0.5);
    const halves = [...packed].flatMap((byte) => [byte & 15, byte >> 4]);
    expect(halves.map((value) => value - 8)).toEqual(integers);
    const bytes = Float32Array.from({ length: 16 }, (_, index) => (index === 3 ? -127 : index * 8) * 0.25);
    const eight = quantizeBlockWise(bytes, { inputs: 16, bits: 8, blockSize: 16 });
    expect(eight.scales[0]).toBe(0.25);
    expect([...eight.packed].map((value) => (value - 128) * 0.25)).toEqual([...bytes]);
  });

  test("keeps the sign of blocks whose extreme is positive", () => {
    const row = Float32Array.from([8, -7, 3, -1, 0, 2, 5, -6, 1, 1, 1, 1, -2, -2, 4, 4]);
    const format = { inputs: 16, bits: 4, blockSize: 16 } as const;
    const matrix = quantizeBlockWise(row, format);
    expect(matrix.scales[0]).toBe(-1);
    expect([...dequantizeBlockWise(matrix, format)].map((value) => value + 0)).toEqual([...row]);
  });

  test.each([
    [4, 16, 37],
    [4, 32, 100],
    [4, 128, 300],
    [8, 64, 65],
    [8, 256, 100],
  ] as const)(
    "%i bits in blocks of %i: rows of %i are padded with zeros and stay within half a step",
    (bits, blockSize, inputs) => {
      const rows = 5;
      const weights = gaussian(rows * inputs, bits * 1000 + blockSize);
      const format: BlockWiseFormat = { inputs, bits, blockSize };
      const matrix = quantizeBlockWise(weights, format);
      const lengths = blockWiseLengths(rows, format);
      expect(lengths.blocksPerRow).toBe(Math.ceil(inputs / blockSize));
      expect(matrix.packed).toHaveLength(lengths.packed);
      expect(matrix.scales).toHaveLength(rows * lengths.blocksPerRow);
      const used = inputs - (lengths.blocksPerRow - 1) * blockSize;
      const last = matrix.packed.subarray(lengths.packed - lengths.blockBytes).subarray(Math.ceil((used * bits) / 8));
      expect([...last].every((byte) => byte === (bits === 8 ? 128 : 0x88))).toBe(true);
      const restored = dequantizeBlockWise(matrix, format);
      for (const [index, weight] of weights.entries()) {
        const row = Math.floor(index / inputs);
        const block = row * lengths.blocksPerRow + Math.floor((index % inputs) / blockSize);
        const step = Math.abs(matrix.scales[block]!);
        // With the extreme on −9.2, values up to +9.2 are clipped to 7; least squares then moves the scale a little.
        const bound = bits === 8 ? 0.5 : 2.75;
        expect(Math.abs(restored[index]! - weight)).toBeLessThanOrEqual(bound * step * 1.0001);
      }
    },
  );

  test("chunks of rows into one target equal the whole", () => {
    const format = { inputs: 50, bits: 4, blockSize: 32 } as const;
    const weights = gaussian(50 * 7, 1);
    const whole = quantizeBlockWise(weights, format);
    const lengths = blockWiseLengths(7, format);
    const packed = new Uint8Array(lengths.packed);
    const scales = new Float32Array(lengths.scales);
    for (const [from, to] of [
      [0, 3],
      [3, 7],
    ] as const) {
      const part = blockWiseLengths(from, format);
      quantizeBlockWise(weights.subarray(from * 50, to * 50), format, {
        packed: packed.subarray(part.packed),
        scales: scales.subarray(part.scales),
      });
    }
    expect(packed).toEqual(whole.packed);
    expect(scales).toEqual(whole.scales);
  });

  test.each([
    ["gaussian", 32, gaussian, 0.96],
    ["gaussian", 128, gaussian, 0.955],
    ["heavy-tailed", 32, heavyTailed, 0.975],
    ["heavy-tailed", 128, heavyTailed, 0.95],
  ] as const)("the 4-bit search beats the plain scales on %s weights, block %i", (_, blockSize, draw, gain) => {
    const weights = draw(1 << 18, 7);
    const format = { inputs: 1024, bits: 4, blockSize } as const;
    const error = relativeError(dequantizeBlockWise(quantizeBlockWise(weights, format), format), weights);
    expect(error).toBeLessThan(plainError(weights, blockSize) * gain);
    expect(error).toBeLessThan(plainError(weights, blockSize, 8));
    expect(error).toBeLessThan(plainError(weights, blockSize, 7.5));
  });

  test.each([4, 8] as const)("%i bits: zeros stay zeros, the smallest numbers do no harm", (bits) => {
    const format = { inputs: 32, bits, blockSize: 16 } as const;
    const weights = new Float32Array(32);
    weights[17] = 1e-45;
    const restored = dequantizeBlockWise(quantizeBlockWise(weights, format), format);
    expect(restored.every((value) => Math.abs(value) <= 1e-44)).toBe(true);
  });

  test.each([4, 8] as const)("%i bits: a weight that is not finite is an error", (bits) => {
    const format = { inputs: 40, bits, blockSize: 16 } as const;
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const rest of [gaussian(80, 3), new Float32Array(80)]) {
        rest[79] = bad;
        expect(() => quantizeBlockWise(rest, format)).toThrow(ModelLoadError);
        expect(() => quantizeBlockWise(rest, format)).toThrow(/Row 1/);
      }
    }
  });

  test("rejects what MatMulNBits cannot compute", () => {
    const weights = new Float32Array(64);
    expect(() => quantizeBlockWise(weights, { inputs: 64, bits: 4, blockSize: 512 })).toThrow(InvalidArgumentError);
    expect(() => quantizeBlockWise(weights, { inputs: 60, bits: 4, blockSize: 32 })).toThrow(InvalidArgumentError);
    expect(() => quantizeBlockWise(weights, { inputs: 64, bits: 3 as 4, blockSize: 32 })).toThrow(InvalidArgumentError);
    const short = { packed: new Uint8Array(31), scales: new Float32Array(2) };
    expect(() => quantizeBlockWise(weights, { inputs: 64, bits: 4, blockSize: 32 }, short)).toThrow(
      InvalidArgumentError,
    );
  });
});

describe("quantizePerColumn", () => {
  test.each([
    [3, 5],
    [64, 64],
    [130, 70],
  ])("%i outputs × %i inputs: transposed, within half a step, chunks equal the whole", (outputs, inputs) => {
    const weights = gaussian(outputs * inputs, outputs);
    weights.fill(0, inputs, 2 * inputs);
    const whole = quantizePerColumn(weights, { inputs });
    const restored = dequantizePerColumn(whole);
    for (let output = 0; output < outputs; output++) {
      const row = weights.subarray(output * inputs, (output + 1) * inputs);
      const largest = row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
      expect(whole.scales[output]).toBe(Math.fround(largest / 127));
      for (const [input, weight] of row.entries()) {
        const error = Math.abs(restored[output * inputs + input]! - weight);
        expect(error).toBeLessThanOrEqual((largest / 127) * 0.50001);
      }
    }
    const target = { values: new Int8Array(outputs * inputs), scales: new Float32Array(outputs) };
    quantizePerColumn(weights.subarray(0, inputs), { inputs, outputs }, target);
    quantizePerColumn(weights.subarray(inputs), { inputs, outputs, firstRow: 1 }, target);
    expect(target).toEqual(whole);
  });

  test("errors name the row and the lengths", () => {
    const weights = gaussian(20, 1);
    weights[13] = Number.NaN;
    expect(() => quantizePerColumn(weights, { inputs: 5, outputs: 9, firstRow: 2 })).toThrow(/Row 4/);
    expect(() => quantizePerColumn(weights, { inputs: 6 })).toThrow(InvalidArgumentError);
    expect(() => quantizePerColumn(weights, { inputs: 5, outputs: 3 })).toThrow(InvalidArgumentError);
  });
});

test.each([
  [1, 1],
  [64, 128],
  [65, 3],
  [100, 129],
])("transposeRows moves every value of %i × %i, also in chunks", (outputs, inputs) => {
  const values = Float32Array.from({ length: outputs * inputs }, (_, index) => index);
  const transposed = transposeRows(values, { inputs });
  for (let row = 0; row < outputs; row++) {
    for (let column = 0; column < inputs; column++) {
      if (transposed[column * outputs + row] !== row * inputs + column) throw new Error(`wrong at ${row}, ${column}`);
    }
  }
  const target = new Float32Array(values.length);
  transposeRows(values.subarray(0, inputs), { inputs, outputs }, target);
  transposeRows(values.subarray(inputs), { inputs, outputs, firstRow: 1 }, target);
  expect(target).toEqual(transposed);
  expect(() => transposeRows(values, { inputs: inputs + values.length })).toThrow(InvalidArgumentError);
  expect(() => transposeRows(values, { inputs, outputs, firstRow: 1 })).toThrow(InvalidArgumentError);
});

describe("products computed by ONNX Runtime with quantised weights", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ocellus-products-"));
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const outputs = 48;
  const tokens = 5;

  async function product(
    inputs: number,
    x: Float32Array,
    build: (graph: GraphBuilder, input: Value) => Value,
  ): Promise<Float32Array> {
    const graph = new GraphBuilder();
    const y = build(graph, graph.input("x", "float32", ["tokens", inputs]));
    graph.output(y, "y", "float32", ["tokens", outputs]);
    await writeOnnxModel(graph.finish(), { folder, name: "product" });
    const session = await ort.InferenceSession.create(join(folder, "product.onnx"), { logSeverityLevel: 3 });
    try {
      const result = await session.run({ x: new ort.Tensor("float32", x, [tokens, inputs]) });
      return result.y!.data as Float32Array;
    } finally {
      await session.release();
    }
  }

  function weight(
    type: OnnxType,
    dims: readonly number[],
    values: Float32Array | Uint8Array | Int8Array,
  ): WeightContent {
    return {
      type,
      dims,
      async *chunks() {
        yield new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
      },
    };
  }

  /** x·Wᵀ in float64. */
  function exactProduct(x: Float32Array, weights: Float32Array, inputs: number): Float64Array {
    const result = new Float64Array(tokens * outputs);
    for (let token = 0; token < tokens; token++) {
      for (let output = 0; output < outputs; output++) {
        let sum = 0;
        for (let k = 0; k < inputs; k++) sum += x[token * inputs + k]! * weights[output * inputs + k]!;
        result[token * outputs + output] = sum;
      }
    }
    return result;
  }

  const blockCases = [4, 8].flatMap((bits) =>
    [32, 64, 128].flatMap((blockSize) => [256, 300].map((inputs) => [bits as 4 | 8, blockSize, inputs] as const)),
  );
  test.each(blockCases)("MatMulNBits, %i bits, block %i, %i inputs", async (bits, blockSize, inputs) => {
    const weights = gaussian(outputs * inputs, 11);
    const x = gaussian(tokens * inputs, 12).map((value) => value * 50);
    const format: BlockWiseFormat = { inputs, bits, blockSize };
    const matrix = quantizeBlockWise(weights, format);
    const { blocksPerRow, blockBytes } = blockWiseLengths(outputs, format);
    const bias = gaussian(outputs, 13);
    const restored = exactProduct(x, dequantizeBlockWise(matrix, format), inputs);
    const withBias = restored.map((value, index) => value + bias[index % outputs]!);
    for (const accuracyLevel of [1, 4]) {
      const y = await product(inputs, x, (graph, input) => {
        const packed = graph.weight("packed", weight("uint8", [outputs, blocksPerRow, blockBytes], matrix.packed));
        const scales = graph.weight("scales", weight("float32", [matrix.scales.length], matrix.scales));
        const added = graph.weight("bias", weight("float32", [outputs], bias));
        const attributes = { K: inputs, N: outputs, bits, block_size: blockSize, accuracy_level: accuracyLevel };
        const operands = [input, packed, scales, undefined, undefined, added];
        return graph.node("MatMulNBits", operands, attributes, { domain: "com.microsoft" });
      });
      // Level 1 computes in float32. Level 4 rounds activations to 8 bits per block: step max/127, uniform error
      // step/√12, and the maximum of 128 normal numbers is below 4 deviations: 4/127/√12 = 0.0091.
      expect(relativeError(y, withBias), `accuracy level ${accuracyLevel}`).toBeLessThan(
        accuracyLevel === 1 ? 2e-6 : 0.0095,
      );
    }
    expect(relativeError(restored, exactProduct(x, weights, inputs))).toBeLessThan(bits === 4 ? 0.115 : 0.008);
  });

  test.each([256, 300])("MatMul with transposed float32 weights, %i inputs", async (inputs) => {
    const weights = gaussian(outputs * inputs, 21);
    const x = gaussian(tokens * inputs, 22);
    const y = await product(inputs, x, (graph, input) =>
      graph.node("MatMul", [
        input,
        graph.weight("w", weight("float32", [inputs, outputs], transposeRows(weights, { inputs }))),
      ]),
    );
    expect(relativeError(y, exactProduct(x, weights, inputs))).toBeLessThan(1e-6);
  });

  test("signed bytes per column with activations quantised per row survive an outlier row", async () => {
    const inputs = 300;
    const weights = gaussian(outputs * inputs, 31);
    const x = gaussian(tokens * inputs, 32);
    for (let k = 0; k < inputs; k++) x[2 * inputs + k]! *= 500;
    const matrix = quantizePerColumn(weights, { inputs });
    const y = await product(inputs, x, (graph, input) => {
      const scalar = (value: number): Value => graph.constant("float32", [1], [value]);
      const axis = graph.constant("int64", [1], [-1]);
      const largest = graph.node("ReduceMax", [graph.node("Abs", [input]), axis], { keepdims: 1 });
      const rowScale = graph.node("Max", [graph.node("Mul", [largest, scalar(1 / 127)]), scalar(1e-9)]);
      const shifted = graph.node("Add", [graph.node("Div", [input, rowScale]), scalar(128)]);
      const bytes = graph.node("Cast", [graph.node("Round", [shifted])], { to: 2 });
      const values = graph.weight("values", weight("int8", [inputs, outputs], matrix.values));
      const scales = graph.weight("scales", weight("float32", [outputs], matrix.scales));
      const operands = [bytes, values, scalar(1), scales, graph.constant("uint8", [1], [128])];
      return graph.node("Mul", [
        graph.node("MatMulIntegerToFloat", operands, {}, { domain: "com.microsoft" }),
        rowScale,
      ]);
    });
    const exact = exactProduct(x, weights, inputs);
    for (let token = 0; token < tokens; token++) {
      const [from, to] = [token * outputs, (token + 1) * outputs];
      expect(relativeError(y.subarray(from, to), exact.subarray(from, to)), `token ${token}`).toBeLessThan(0.015);
    }
  });
});
