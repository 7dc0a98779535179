import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { blockWiseContent, columnWiseContent, transposedContent } from "./linear-content.ts";
import { stackedShape, stackedVector } from "./stacked-weights.ts";

/**
 * How the weights of a linear layer are stored and multiplied.
 * - `float32`: plain MatMul.
 * - `block`: 8- or 4-bit integers with a scale per block of the input axis (MatMulNBits, int8 activations); fastest
 *   for few rows, which is what decoding is.
 * - `column`: signed 8-bit integers with a scale per output, and activations quantised per row while running;
 *   fastest for many rows, which is what vision towers are.
 */
export type LinearFormat =
  | { readonly kind: "float32" }
  | { readonly kind: "block"; readonly bits: 4 | 8; readonly blockSize: number }
  | { readonly kind: "column" };

/** Which layers a {@link linear} call multiplies with. */
export interface LinearOptions {
  /**
   * Canonical module names, each with `<name>.weight` [outputs, inputs] and optionally `<name>.bias` [outputs].
   * Several are stacked along the output axis and computed as one product.
   */
  readonly parts: readonly string[];
  readonly format: LinearFormat;
}

const microsoft = { domain: "com.microsoft" };

/**
 * y = x·Wᵀ + b over the last axis, in the chosen storage format.
 *
 * @param x [..., inputs]
 * @returns [..., sum of the parts' outputs]
 * @throws ModelLoadError when stacked parts differ in their input width, or a weight is no matrix
 */
export function linear(graph: GraphBuilder, weights: WeightSource, x: Value, options: LinearOptions): Value {
  const { parts, format } = options;
  const names = parts.map((part) => `${part}.weight`);
  const shape = stackedShape(weights, names);
  const name = names.join("+");
  const bias = stackedVector(
    graph,
    weights,
    parts.map((part) => `${part}.bias`),
    names,
  );
  if (format.kind === "block") {
    const { bits, blockSize } = format;
    const content = blockWiseContent(weights, names, shape, { inputs: shape.inputs, bits, blockSize });
    const packed = graph.weight(`${name}.packed`, content.integers);
    const scales = graph.weight(`${name}.scales`, content.scales);
    // Level 4 computes with 8-bit activations; 8-bit weights without it are 40 times slower (specs/vlm.md C.2).
    const attributes = { K: shape.inputs, N: shape.outputs, accuracy_level: 4, bits, block_size: blockSize };
    return graph.node("MatMulNBits", [x, packed, scales, undefined, undefined, bias], attributes, microsoft);
  }
  if (format.kind === "column") {
    const content = columnWiseContent(weights, names, shape);
    const integers = graph.weight(`${name}.int8`, content.integers);
    return withBias(
      graph,
      rowQuantizedProduct(graph, x, integers, graph.weight(`${name}.scales`, content.scales)),
      bias,
    );
  }
  const transposed = graph.weight(name, transposedContent(weights, names, shape));
  return withBias(graph, graph.node("MatMul", [x, transposed]), bias);
}

function withBias(graph: GraphBuilder, product: Value, bias: Value | undefined): Value {
  return bias === undefined ? product : graph.node("Add", [product, bias]);
}

/**
 * Quantises every row of `x` to unsigned bytes around 128 by its largest magnitude, multiplies in integers, and scales
 * back. One outlier token then cannot spoil the others (specs/vlm.md C.7).
 */
function rowQuantizedProduct(graph: GraphBuilder, x: Value, integers: Value, columnScales: Value): Value {
  const scalar = (value: number): Value => graph.constant("float32", [1], [value]);
  const largest = graph.node("ReduceMax", [graph.node("Abs", [x]), graph.constant("int64", [1], [-1])], {
    keepdims: 1,
  });
  const rowScale = graph.node("Max", [graph.node("Mul", [largest, scalar(1 / 127)]), scalar(1e-9)]);
  const shifted = graph.node("Add", [graph.node("Div", [x, rowScale]), scalar(128)]);
  const bytes = graph.node("Cast", [graph.node("Round", [shifted])], { to: 2 });
  const zeroPoint = graph.constant("uint8", [1], [128]);
  const inputs = [bytes, integers, scalar(1), columnScales, zeroPoint];
  return graph.node("Mul", [graph.node("MatMulIntegerToFloat", inputs, {}, microsoft), rowScale]);
}
