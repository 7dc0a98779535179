/** Sizes of a Qwen2.5-VL checkpoint; names as in its config.json, in camelCase. */
export interface CheckpointShape {
  readonly text: {
    readonly hiddenSize: number;
    readonly layers: number;
    readonly heads: number;
    readonly kvHeads: number;
    readonly intermediateSize: number;
    readonly vocabSize: number;
    /** Adds up to half of the head dimension. */
    readonly mropeSection: readonly [number, number, number];
    readonly maxPositionEmbeddings: number;
  };
  readonly vision: {
    readonly depth: number;
    readonly hiddenSize: number;
    readonly heads: number;
    readonly intermediateSize: number;
    readonly fullAttentionBlocks: readonly number[];
  };
  /** The output head is the token embedding. */
  readonly tied: boolean;
}

/** The vision tower that the published 3B and 7B share. */
const publishedVision: CheckpointShape["vision"] = {
  depth: 32,
  hiddenSize: 1280,
  heads: 16,
  intermediateSize: 3420,
  fullAttentionBlocks: [7, 15, 23, 31],
};

/**
 * Shapes to measure with: `qwen2.5-vl-3b` and `qwen2.5-vl-7b` are those of the published checkpoints
 * (arXiv:2502.13923, table 1, and their config.json), `small` has 84 MB of float32 weights.
 */
export const shapes: Readonly<Record<"small" | "qwen2.5-vl-3b" | "qwen2.5-vl-7b", CheckpointShape>> = {
  small: {
    text: {
      hiddenSize: 512,
      layers: 4,
      heads: 8,
      kvHeads: 2,
      intermediateSize: 1408,
      vocabSize: 4096,
      mropeSection: [8, 12, 12],
      maxPositionEmbeddings: 4096,
    },
    vision: { depth: 4, hiddenSize: 320, heads: 4, intermediateSize: 856, fullAttentionBlocks: [1, 3] },
    tied: true,
  },
  "qwen2.5-vl-3b": {
    text: {
      hiddenSize: 2048,
      layers: 36,
      heads: 16,
      kvHeads: 2,
      intermediateSize: 11_008,
      vocabSize: 151_936,
      mropeSection: [16, 24, 24],
      maxPositionEmbeddings: 128_000,
    },
    vision: publishedVision,
    tied: true,
  },
  "qwen2.5-vl-7b": {
    text: {
      hiddenSize: 3584,
      layers: 28,
      heads: 28,
      kvHeads: 4,
      intermediateSize: 18_944,
      vocabSize: 152_064,
      mropeSection: [16, 24, 24],
      maxPositionEmbeddings: 128_000,
    },
    vision: publishedVision,
    tied: false,
  },
};
