import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../onnx/graph-builder.ts";
import type { Value } from "../onnx/onnx-graph.ts";
import { blockWiseContent, columnWiseContent, transposedContent } from "./linear-content.ts";

import { stackedShape, stackedVector } from "./stacked-weights.ts";
import { storedBlockContent } from "./stored-block-content.ts";

/**
 * How the weights of a linear layer are stored and multiplied.
 * - `float32`: plain MatMul.
 * - `block`: 8- or 4-bit integers with a scale per block of the input axis (MatMulNBits, int8 activations); fastest
 *   for few rows, which is what decoding is.
 * - `column`: signed 8-bit integers with a scale per output, and activations quantised while running, each row by
 *   itself or all with one scale; fastest for many rows, which is what vision towers are.
 */
export type LinearFormat =
  | { readonly kind: "float32" }
  | { readonly kind: "block"; readonly bits: 4 | 8; readonly blockSize: number }
  | { readonly kind: "column"; readonly activations: ActivationScales };

/** Which activations share a scale: those of a row (a token), or all of a product. */
export type ActivationScales = "row" | "tensor";

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
  if (format.kind === "block") {
    // Blocks that the checkpoint has already, at most as large as wanted, are not rounded a second time.
    const { bits, blockSize, integers, scales, zeroPoints } =
      storedBlockContent(weights, names, shape, format.bits) ??
      blockWiseContent(weights, names, shape, { inputs: shape.inputs, ...format });
    const inputs = [
      graph.weight(`${name}.packed`, integers),
      graph.weight(`${name}.scales`, scales),
      zeroPoints && graph.weight(`${name}.zeros`, zeroPoints),
    ];
    // Level 4 computes with 8-bit activations; 8-bit weights without it are 40 times slower (specs/vlm.md C.2).
    const attributes = { K: shape.inputs, N: shape.outputs, accuracy_level: 4, bits, block_size: blockSize };
    const bias = stackedBias(graph, weights, parts);
    return graph.node("MatMulNBits", [x, ...inputs, undefined, bias], attributes, microsoft);
  }
  if (format.kind === "column") {
    return quantizedProduct(graph, weights, quantize(graph, x, shape.inputs, format.activations), parts);
  }
  const transposed = graph.weight(name, transposedContent(weights, names, shape));
  return withBias(graph, graph.node("MatMul", [x, transposed]), stackedBias(graph, weights, parts));
}

/**
 * {@link linear} for every part by itself: splitting one product into its parts would copy more than it saves.
 *
 * @returns one value [..., outputs] for each part
 */
export function linearParts(
  graph: GraphBuilder,
  weights: WeightSource,
  x: Value,
  { parts, format }: LinearOptions,
): readonly Value[] {
  if (format.kind !== "column") return parts.map((part) => linear(graph, weights, x, { parts: [part], format }));
  const { inputs } = stackedShape(weights, [`${parts[0]}.weight`]);
  const quantized = quantize(graph, x, inputs, format.activations);
  return parts.map((part) => quantizedProduct(graph, weights, quantized, [part]));
}

function stackedBias(graph: GraphBuilder, weights: WeightSource, parts: readonly string[]): Value | undefined {
  const names = (kind: string): string[] => parts.map((part) => `${part}.${kind}`);
  return stackedVector(graph, weights, names("bias"), names("weight"));
}

function withBias(graph: GraphBuilder, product: Value, bias: Value | undefined): Value {
  return bias === undefined ? product : graph.node("Add", [product, bias]);
}

/** Activations as unsigned bytes; a value is (byte − zeroPoint) · scale · rowScale. */
interface QuantizedActivations {
  /** [..., inputs] */
  readonly bytes: Value;
  /** One number. */
  readonly scale: Value;
  /** One byte. */
  readonly zeroPoint: Value;
  /** [..., 1], where rows have scales of their own. */
  readonly rowScale?: Value;
}

function quantize(graph: GraphBuilder, x: Value, inputs: number, activations: ActivationScales): QuantizedActivations {
  if (activations === "row") return quantizeRows(graph, x, inputs);
  const [bytes, scale, zeroPoint] = graph.nodes("DynamicQuantizeLinear", [x], {}, { outputs: 3 });
  return { bytes, scale, zeroPoint };
}

/**
 * Quantises every row of `x` by its own largest magnitude, so that one outlier token cannot spoil the others
 * (specs/vlm.md C.7).
 */
function quantizeRows(graph: GraphBuilder, x: Value, inputs: number): QuantizedActivations {
  const scalar = (value: number): Value => graph.constant("float32", [1], [value]);
  const last = graph.constant("int64", [1], [-1]);
  const highest = graph.node("ReduceMax", [x, last], { keepdims: 1 });
  const lowest = graph.node("ReduceMin", [x, last], { keepdims: 1 });
  const largest = graph.node("Max", [highest, graph.node("Neg", [lowest])]);
  const rowScale = graph.node("Max", [graph.node("Mul", [largest, scalar(1 / 127)]), scalar(1e-9)]);
  // QuantizeLinear takes a scale for every row of a matrix only, and does in one pass what takes four operators.
  const matrix = graph.node("Reshape", [x, graph.constant("int64", [2], [-1, inputs])]);
  const scales = graph.node("Reshape", [rowScale, last]);
  const zeroPoint = graph.constant("uint8", [1], [128]);
  const zeroPoints = graph.node("Expand", [zeroPoint, graph.node("Shape", [scales])]);
  const bytes = graph.node("QuantizeLinear", [matrix, scales, zeroPoints], { axis: 0 });
  return { bytes: graph.node("Reshape", [bytes, graph.node("Shape", [x])]), scale: scalar(1), zeroPoint, rowScale };
}

function quantizedProduct(
  graph: GraphBuilder,
  weights: WeightSource,
  { bytes, scale, zeroPoint, rowScale }: QuantizedActivations,
  parts: readonly string[],
): Value {
  const names = parts.map((part) => `${part}.weight`);
  const name = names.join("+");
  const content = columnWiseContent(weights, names, stackedShape(weights, names));
  const integers = graph.weight(`${name}.int8`, content.integers);
  const columnScales = graph.weight(`${name}.scales`, content.scales);
  const bias = stackedBias(graph, weights, parts);
  const inputs = [bytes, integers, scale, columnScales, zeroPoint];
  if (rowScale === undefined) {
    return graph.node("MatMulIntegerToFloat", [...inputs, undefined, bias], {}, microsoft);
  }
  const product = graph.node("MatMulIntegerToFloat", inputs, {}, microsoft);
  return withBias(graph, graph.node("Mul", [product, rowScale]), bias);
}
