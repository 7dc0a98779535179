import type { PatchedPixels } from "../../blocks/qwen-vision/image-processor.ts";
import type { GridThw } from "../../blocks/qwen-vision/patch-grid.ts";
import { inverseFrequencies, rotaryTable } from "../../blocks/rotary.ts";
import { type Feeds, floatTensor, integerTensor } from "../../runtime/host-tensor.ts";
import type { Qwen25VisionConfig } from "./config.ts";
import { windowCells } from "./vision-graph.ts";
import { type WindowLayout, windowLayout } from "./vision-windows.ts";

/** Added to the score of a padding row, which then has no weight after the softmax. */
const masked = -1e30;

/** The inputs of the vision graph for one picture or clip (named in vision-graph.ts). */
export function visionFeeds(pixels: Pick<PatchedPixels, "pixelValues" | "grid">, config: Qwen25VisionConfig): Feeds {
  const { pixelValues, grid } = pixels;
  const patches = grid.t * grid.h * grid.w;
  const layout = windowLayout(grid, config.mergeSize, windowCells(config));
  const { cos, sin } = patchRotaryTable(grid, layout, config);
  const rotaryDims = [1, patches, cos.length / patches];
  return {
    pixel_values: floatTensor(pixelValues, [patches, pixelValues.length / patches]),
    cos: floatTensor(cos, rotaryDims),
    sin: floatTensor(sin, rotaryDims),
    order: integerTensor(layout.order),
    restore: integerTensor(layout.restore),
    padded: integerTensor(layout.padded),
    unpadded: integerTensor(layout.unpadded),
    window_mask: floatTensor(windowMask(layout), [layout.windows, 1, layout.windowRows, layout.windowRows]),
    slice_shape: integerTensor([grid.t, grid.h * grid.w, config.hiddenSize]),
  };
}

/** [windows, rows, rows]: no row of a window attends to its padding. */
function windowMask({ windows, windowRows, valid }: WindowLayout): Float32Array {
  const mask = new Float32Array(windows * windowRows * windowRows);
  for (let window = 0; window < windows; window++) {
    const keys = valid.subarray(window * windowRows, (window + 1) * windowRows);
    const used = keys.lastIndexOf(1) + 1;
    if (used === windowRows) continue;
    for (let row = window * windowRows; row < (window + 1) * windowRows; row++) {
      mask.fill(masked, row * windowRows + used, (row + 1) * windowRows);
    }
  }
  return mask;
}

/**
 * Two-dimensional rotary angles of the patches in window order: the first half of the frequencies turns with the row
 * of the patch, the second with its column (specs/vlm.md B0 "Vision rotary").
 */
function patchRotaryTable(
  grid: GridThw,
  layout: WindowLayout,
  config: Qwen25VisionConfig,
): ReturnType<typeof rotaryTable> {
  const { mergeSize, hiddenSize, heads, ropeTheta } = config;
  const half = inverseFrequencies(ropeTheta, hiddenSize / heads / 2);
  const frequencies = Float32Array.of(...half, ...half);
  const columns = grid.w / mergeSize;
  const rows = grid.h / mergeSize;
  return rotaryTable(layout.order.length, frequencies, (row, column) => {
    const patch = layout.order[row]!;
    const cell = Math.floor(patch / mergeSize ** 2);
    const inCell = patch % mergeSize ** 2;
    if (column < half.length) return (Math.floor(cell / columns) % rows) * mergeSize + Math.floor(inCell / mergeSize);
    return (cell % columns) * mergeSize + (inCell % mergeSize);
  });
}
