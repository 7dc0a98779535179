import type { BlockRows, StoredBlocks } from "../checkpoint/stored-blocks.ts";
import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { WeightContent } from "../onnx/onnx-graph.ts";
import type { OnnxType } from "../onnx/onnx-type.ts";
import type { BlockContent } from "./linear-content.ts";
import { bytesOf, type MatrixShape } from "./stacked-weights.ts";

/**
 * The stacked matrices as the blocks in which the checkpoint stores them; undefined unless all of them are stored in
 * blocks of one size with one number of bits, at most `bits`.
 */
export function storedBlockContent(
  weights: WeightSource,
  names: readonly string[],
  { outputs, inputs }: MatrixShape,
  bits: 4 | 8,
): BlockContent | undefined {
  const parts = names.map((name) => ({ name, blocks: weights.blocks(name) }));
  const first = parts[0]?.blocks;
  if (first === undefined || first.bits > bits) return undefined;
  const { blockSize } = first;
  if (parts.some(({ blocks }) => blocks?.bits !== first.bits || blocks.blockSize !== blockSize)) return undefined;
  const perRow = Math.ceil(inputs / blockSize);
  const zeroBytes = Math.ceil((perRow * first.bits) / 8);
  const hasZeroPoints = parts.some(({ blocks }) => blocks?.hasZeroPoints);
  const content = (
    type: OnnxType,
    dims: readonly number[],
    take: (rows: BlockRows, count: number) => Uint8Array,
  ): WeightContent => ({
    type,
    dims,
    async *chunks(signal) {
      for (const { blocks } of parts) {
        for await (const rows of (blocks as StoredBlocks).rows(signal)) yield take(rows, rows.scales.length / perRow);
      }
    },
  });
  return {
    bits: first.bits,
    blockSize,
    integers: content("uint8", [outputs, perRow, (blockSize * first.bits) / 8], ({ packed }) => packed),
    scales: content("float32", [outputs * perRow], ({ scales }) => bytesOf(scales)),
    // A part without zero points among others that have them gets the middle of its range.
    zeroPoints: hasZeroPoints
      ? content("uint8", [outputs, zeroBytes], ({ zeroPoints }, count) =>
          zeroPoints.length > 0 ? zeroPoints : new Uint8Array(count * zeroBytes).fill(first.bits === 4 ? 0x88 : 0x80),
        )
      : undefined,
  };
}
