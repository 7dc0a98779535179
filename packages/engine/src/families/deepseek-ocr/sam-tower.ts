import { layerNorm } from "../../blocks/layer-norm.ts";
import { type LinearFormat, linear } from "../../blocks/linear.ts";
import { mlp } from "../../blocks/mlp.ts";
import { vector } from "../../blocks/vector.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { GraphBuilder } from "../../onnx/graph-builder.ts";
import type { Value } from "../../onnx/onnx-graph.ts";
import { relativeTaps } from "./resample-taps.ts";
import { resizedGrid } from "./resized-grid.ts";
import { type SquareTables, samAttention } from "./sam-attention.ts";
import { keyCells } from "./view-shape.ts";
import type { SamConfig } from "./vision-config.ts";
import { visionNames } from "./weight-names.ts";

/** What the tower is built from. */
export interface SamTowerOptions {
  readonly sam: SamConfig;
  /** [1] patches along the side of a view. */
  readonly side: Value;
  readonly format: LinearFormat;
}

/** How windowed layers cut views. */
interface Windows {
  /** [windows, window²] the patch of every cell, side² where there is none. */
  readonly windowCells: Value;
  /** [side²] the cell of every patch, counted over all windows of a view. */
  readonly patchCells: Value;
  readonly tables: SquareTables;
}

/**
 * SAM's ViT with its neck and the two convolutions that halve the side (Kirillov et al. 2023, arXiv:2304.02643;
 * specs/vlm.md B7). Declares the inputs `pixel_values` [views · side², 3 · patchSize²] and those that depend on the size
 * of the views: `position_taps`, `window_cells`, `patch_cells`, `relative_taps`, `key_cells` (see `viewShape`).
 *
 * @returns [views, channels, cells, cells]
 */
export function samTower(graph: GraphBuilder, weights: WeightSource, options: SamTowerOptions): Value {
  const { sam, side } = options;
  const { hiddenSize, patchSize, positionSide } = sam;
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const pixels = graph.input("pixel_values", "float32", ["patches", 3 * patchSize * patchSize]);
  const float32 = { kind: "float32" } as const;
  const projected = linear(graph, weights, pixels, { parts: [visionNames.samPatches], format: float32 });
  const patches = graph.node("Mul", [side, side]);
  const shape = graph.node("Concat", [integers(-1), patches, integers(hiddenSize)], { axis: 0 });
  const embedded = graph.node("Reshape", [projected, shape]);

  const taps = graph.input("position_taps", "float32", ["side", positionSide]);
  const stored = vector(graph, weights, visionNames.samPositions);
  const table = graph.node("Reshape", [stored, integers(positionSide, positionSide, hiddenSize)]);
  const positions = resizedGrid(graph, table, taps, { side: positionSide, width: hiddenSize });
  let rows = graph.node("Add", [embedded, positions]);

  const windows = sam.globalLayers.size < sam.layers ? windowInputs(graph, sam) : undefined;
  const whole = sam.globalLayers.size > 0 ? wholeTables(graph, sam, side) : undefined;
  for (let layer = 0; layer < sam.layers; layer++) {
    const cut = sam.globalLayers.has(layer) ? undefined : windows;
    rows = block(graph, weights, rows, { ...options, prefix: `${visionNames.samBlocks}.${layer}`, whole, cut });
  }
  return neck(graph, weights, rows, options);
}

function windowInputs(graph: GraphBuilder, { window }: SamConfig): Windows {
  const entries = 2 * window - 1;
  const cells = window * window;
  return {
    windowCells: graph.input("window_cells", "int64", ["windows", cells]),
    patchCells: graph.input("patch_cells", "int64", ["places"]),
    tables: {
      side: graph.constant("int64", [1], [window]),
      relativeTaps: graph.constant("float32", [cells, entries], relativeTaps(entries, window)),
      keyCells: graph.constant("float32", [cells, 2 * window], keyCells(window)),
    },
  };
}

function wholeTables(graph: GraphBuilder, { relativeEntries }: SamConfig, side: Value): SquareTables {
  return {
    side,
    relativeTaps: graph.input("relative_taps", "float32", ["pairs", relativeEntries]),
    keyCells: graph.input("key_cells", "float32", ["places", "lines"]),
  };
}

interface BlockOptions extends SamTowerOptions {
  readonly prefix: string;
  readonly whole: SquareTables | undefined;
  /** Absent in layers that see the whole view. */
  readonly cut: Windows | undefined;
}

function block(graph: GraphBuilder, weights: WeightSource, x: Value, options: BlockOptions): Value {
  const { sam, prefix, format, whole, cut } = options;
  const normed = layerNorm(graph, weights, x, `${prefix}.norm1`, sam.epsilon);
  const attention = { sam, prefix: `${prefix}.attn`, format };
  const attended =
    cut === undefined
      ? samAttention(graph, weights, normed, { ...attention, tables: whole! })
      : withinWindows(graph, normed, { sam, cut }, (cells) =>
          samAttention(graph, weights, cells, { ...attention, tables: cut.tables }),
        );
  const added = linear(graph, weights, attended, { parts: [`${prefix}.attn.proj`], format });
  const middle = graph.node("Add", [x, added]);
  const again = layerNorm(graph, weights, middle, `${prefix}.norm2`, sam.epsilon);
  const layers = { first: `${prefix}.mlp.lin1`, second: `${prefix}.mlp.lin2`, act: sam.act, format };
  return graph.node("Add", [middle, mlp(graph, weights, again, layers)]);
}

/** Applies a layer to every window by itself. Cells beyond the view are zeros that take part, as in the reference. */
function withinWindows(
  graph: GraphBuilder,
  x: Value,
  { sam, cut }: { readonly sam: SamConfig; readonly cut: Windows },
  layer: (cells: Value) => Value,
): Value {
  const { window, hiddenSize } = sam;
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const filled = graph.node("Pad", [x, integers(0, 0, 0, 0, 1, 0)]);
  const cells = graph.node("Gather", [filled, cut.windowCells], { axis: 1 });
  const squares = graph.node("Reshape", [cells, integers(-1, window * window, hiddenSize)]);
  const views = graph.node("Shape", [x], { start: 0, end: 1 });
  const shape = graph.node("Concat", [views, integers(-1, hiddenSize)], { axis: 0 });
  return graph.node("Gather", [graph.node("Reshape", [layer(squares), shape]), cut.patchCells], { axis: 1 });
}

/** The neck: two norms over the channels around a convolution, then the convolutions that halve the side. */
function neck(graph: GraphBuilder, weights: WeightSource, x: Value, { sam, side, format }: SamTowerOptions): Value {
  const integers = (...values: number[]): Value => graph.constant("int64", [values.length], values);
  const name = visionNames.samNeck;
  const norm = (rows: Value, index: number): Value => layerNorm(graph, weights, rows, `${name}.${index}`, normEpsilon);
  const convolve = (rows: Value, module: string, stride: number): Value =>
    graph.node("Conv", [rows, vector(graph, weights, `${module}.weight`)], {
      ...{ kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides: [stride, stride] },
    });
  const narrowed = norm(linear(graph, weights, x, { parts: [`${name}.0`], format }), 1);
  const square = graph.node("Concat", [integers(-1), side, side, integers(sam.neck)], { axis: 0 });
  const channelsFirst = (rows: Value): Value => graph.node("Transpose", [rows], { perm: [0, 3, 1, 2] });
  const mixed = convolve(channelsFirst(graph.node("Reshape", [narrowed, square])), `${name}.2`, 1);
  const normed = norm(graph.node("Transpose", [mixed], { perm: [0, 2, 3, 1] }), 3);
  return sam.halvings.reduce((rows, { module }) => convolve(rows, module, 2), channelsFirst(normed));
}

/** ε of the neck's norms, in the published code and in transformers' alike. */
const normEpsilon = 1e-6;
