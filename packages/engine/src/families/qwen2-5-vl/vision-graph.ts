import { activation } from "../../blocks/activation.ts";
import { type AttentionInputs, fullAttention, maskedAttention } from "../../blocks/attention.ts";
import { fusedLinear } from "../../blocks/fused-linear.ts";
import { gatedMlp } from "../../blocks/gated-mlp.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { addRmsNorm, rmsNorm } from "../../blocks/rms-norm.ts";
import { type RotaryInputs, rotate } from "../../blocks/rotary.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { OnnxGraph, Value } from "../../onnx/onnx-graph.ts";
import type { Qwen25VisionConfig } from "./config.ts";

/** ε of the tower's norms: fixed in the reference implementation, not part of config.json. */
const epsilon = 1e-6;

/**
 * The vision tower: patch embedding, windowed and full attention blocks, patch merger (specs/vlm.md B0, B1).
 *
 * Inputs, for P patches in W windows padded to R rows each, and C = P / merge² merged cells:
 * `pixel_values` [P, pixels] in merge-block order; `cos`, `sin` [1, P, headDim/2] in window order; `order` [P] and
 * `restore` [C] to and from window order; `padded` [W·R] and `unpadded` [P] to and from padded windows;
 * `window_mask` [W, 1, R, R]; `slice_shape` = [temporal slices, patches a slice, hidden].
 * Output: `image_features` [C, outHiddenSize], one row a placeholder token.
 */
export function visionGraph(config: Qwen25VisionConfig, weights: WeightSource, format: LinearFormat): OnnxGraph {
  const graph = new GraphBuilder();
  const { hiddenSize, heads, mergeSize, patchSize, temporalPatchSize } = config;
  const pixels = 3 * temporalPatchSize * patchSize * patchSize;
  const inputs: VisionInputs = {
    pixelValues: graph.input("pixel_values", "float32", ["patches", pixels]),
    cos: graph.input("cos", "float32", [1, "patches", hiddenSize / heads / 2]),
    sin: graph.input("sin", "float32", [1, "patches", hiddenSize / heads / 2]),
    order: graph.input("order", "int64", ["patches"]),
    restore: graph.input("restore", "int64", ["cells"]),
    padded: graph.input("padded", "int64", ["padded_rows"]),
    unpadded: graph.input("unpadded", "int64", ["patches"]),
    windowMask: graph.input("window_mask", "float32", ["windows", 1, "window_rows", "window_rows"]),
    sliceShape: graph.input("slice_shape", "int64", [3]),
  };

  const embedded = linear(graph, weights, inputs.pixelValues, {
    parts: ["model.visual.patch_embed.proj"],
    format: { kind: "float32" },
  });
  const ordered = graph.node("Gather", [embedded, inputs.order], { axis: 0 });
  let residual = graph.node("Reshape", [ordered, graph.constant("int64", [3], [1, -1, hiddenSize])]);
  let normed = rmsNorm(graph, weights, residual, "model.visual.blocks.0.norm1.weight", epsilon);
  for (let block = 0; block < config.depth; block++) {
    const prefix = `model.visual.blocks.${block}`;
    const attended = attention(graph, weights, normed, { config, inputs, block, format });
    const middle = addRmsNorm(graph, weights, attended, residual, `${prefix}.norm2.weight`, epsilon);
    const mlp = { prefix: `${prefix}.mlp`, act: config.hiddenAct, format };
    const last = block + 1 === config.depth;
    const nextNorm = last ? "model.visual.merger.ln_q.weight" : `model.visual.blocks.${block + 1}.norm1.weight`;
    const after = addRmsNorm(
      graph,
      weights,
      gatedMlp(graph, weights, middle.normed, mlp),
      middle.sum,
      nextNorm,
      epsilon,
    );
    residual = after.sum;
    normed = after.normed;
  }

  const cells = graph.node("Reshape", [normed, graph.constant("int64", [2], [-1, mergeSize * mergeSize * hiddenSize])]);
  const hidden = linear(graph, weights, cells, { parts: ["model.visual.merger.mlp.0"], format });
  const merged = linear(graph, weights, activation(graph, "gelu", hidden), {
    parts: ["model.visual.merger.mlp.2"],
    format,
  });
  const features = graph.node("Gather", [merged, inputs.restore], { axis: 0 });
  graph.output(features, "image_features", "float32", ["cells", config.outHiddenSize]);
  return graph.finish();
}

interface VisionInputs extends RotaryInputs {
  readonly pixelValues: Value;
  readonly order: Value;
  readonly restore: Value;
  readonly padded: Value;
  readonly unpadded: Value;
  readonly windowMask: Value;
  readonly sliceShape: Value;
}

interface BlockOptions {
  readonly config: Qwen25VisionConfig;
  readonly inputs: VisionInputs;
  readonly block: number;
  readonly format: LinearFormat;
}

/** Self-attention of one block, within windows or within whole temporal slices. Returns [1, patches, hidden]. */
function attention(graph: GraphBuilder, weights: WeightSource, x: Value, options: BlockOptions): Value {
  const { config, inputs, block, format } = options;
  const { heads } = config;
  const prefix = `model.visual.blocks.${block}.attn`;
  const [query, key, value] = fusedLinear(graph, weights, x, { fused: `${prefix}.qkv`, count: 3, format });
  const states: AttentionInputs = {
    query: rotate(graph, query!, inputs, { heads }),
    key: rotate(graph, key!, inputs, { heads }),
    value: value!,
  };
  const context = config.fullAttentionBlocks.has(block)
    ? sliceAttention(graph, states, inputs, config)
    : windowAttention(graph, states, inputs, config);
  return linear(graph, weights, context, { parts: [`${prefix}.proj`], format });
}

/** Every patch attends to its whole temporal slice; the slices are the batch. */
function sliceAttention(
  graph: GraphBuilder,
  states: AttentionInputs,
  inputs: VisionInputs,
  config: Qwen25VisionConfig,
): Value {
  const cut = (x: Value): Value => graph.node("Reshape", [x, inputs.sliceShape]);
  const slices = { query: cut(states.query), key: cut(states.key), value: cut(states.value) };
  return join(graph, fullAttention(graph, slices, config.heads), config);
}

/** Every patch attends to its window; the windows, padded to equal length, are the batch. */
function windowAttention(
  graph: GraphBuilder,
  states: AttentionInputs,
  inputs: VisionInputs,
  config: Qwen25VisionConfig,
): Value {
  const { hiddenSize, heads } = config;
  const shape = graph.constant("int64", [3], [-1, windowPatches(config), hiddenSize]);
  const cut = (x: Value): Value =>
    graph.node("Reshape", [graph.node("Gather", [x, inputs.padded], { axis: 1 }), shape]);
  const windows = { query: cut(states.query), key: cut(states.key), value: cut(states.value) };
  const attended = maskedAttention(graph, windows, inputs.windowMask, { heads });
  return graph.node("Gather", [join(graph, attended, config), inputs.unpadded], { axis: 1 });
}

/** [batch, rows, hidden] → [1, batch · rows, hidden] */
function join(graph: GraphBuilder, x: Value, config: Qwen25VisionConfig): Value {
  return graph.node("Reshape", [x, graph.constant("int64", [3], [1, -1, config.hiddenSize])]);
}

/** Merged cells along the side of an attention window. */
export function windowCells(config: Qwen25VisionConfig): number {
  return Math.floor(config.windowSize / config.mergeSize / config.patchSize);
}

function windowPatches(config: Qwen25VisionConfig): number {
  return (windowCells(config) * config.mergeSize) ** 2;
}
