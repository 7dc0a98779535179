import { affineNorm, expectShapes, type NamedShape, projection } from "../../blocks/named-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import { encoderLayerShapes } from "../../blocks/vision-tower/encoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { DeepseekOcrConfig } from "./config.ts";
import type { ClipConfig, DeepseekVisionConfig, SamConfig } from "./vision-config.ts";
import { clipLayerNames, textNames, visionNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B7).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(
  { text, tiedEmbeddings }: Pick<DeepseekOcrConfig, "text" | "tiedEmbeddings">,
  { sam, clip }: DeepseekVisionConfig,
  weights: WeightSource,
): void {
  expectShapes(weights, textDecoderShapes(weights, { text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, samShapes(sam, weights));
  expectShapes(weights, clipShapes(clip, weights));
  const joined = 2 * clip.hiddenSize;
  expectShapes(weights, projection(weights, visionNames.projector, text.hiddenSize, joined));
  expectShapes(weights, [
    [visionNames.newline, [text.hiddenSize]],
    [visionNames.separator, [text.hiddenSize]],
  ]);
}

function* samShapes(sam: SamConfig, weights: WeightSource): Generator<NamedShape> {
  const { hiddenSize, intermediateSize, patchSize, positionSide, window, relativeEntries } = sam;
  yield [`${visionNames.samPatches}.weight`, [hiddenSize, 3, patchSize, patchSize]];
  yield [`${visionNames.samPatches}.bias`, [hiddenSize]];
  yield [visionNames.samPositions, [1, positionSide, positionSide, hiddenSize]];
  for (let layer = 0; layer < sam.layers; layer++) {
    const prefix = `${visionNames.samBlocks}.${layer}`;
    const entries = sam.globalLayers.has(layer) ? relativeEntries : 2 * window - 1;
    yield* affineNorm(`${prefix}.norm1`, hiddenSize);
    yield* projection(weights, `${prefix}.attn.qkv`, 3 * hiddenSize, hiddenSize);
    yield [`${prefix}.attn.rel_pos_h`, [entries, hiddenSize / sam.heads]];
    yield [`${prefix}.attn.rel_pos_w`, [entries, hiddenSize / sam.heads]];
    yield* projection(weights, `${prefix}.attn.proj`, hiddenSize, hiddenSize);
    yield* affineNorm(`${prefix}.norm2`, hiddenSize);
    yield* projection(weights, `${prefix}.mlp.lin1`, intermediateSize, hiddenSize);
    yield* projection(weights, `${prefix}.mlp.lin2`, hiddenSize, intermediateSize);
  }
  yield* neckShapes(sam);
}

function* neckShapes({ hiddenSize, neck, halvings }: SamConfig): Generator<NamedShape> {
  yield [`${visionNames.samNeck}.0.weight`, [neck, hiddenSize, 1, 1]];
  yield* affineNorm(`${visionNames.samNeck}.1`, neck);
  yield [`${visionNames.samNeck}.2.weight`, [neck, neck, 3, 3]];
  yield* affineNorm(`${visionNames.samNeck}.3`, neck);
  for (const [index, { module, channels }] of halvings.entries()) {
    yield [`${module}.weight`, [channels, halvings[index - 1]?.channels ?? neck, 3, 3]];
  }
}

function* clipShapes(clip: ClipConfig, weights: WeightSource): Generator<NamedShape> {
  const { hiddenSize, positionSide } = clip;
  yield [visionNames.clipClassToken, [hiddenSize]];
  yield [visionNames.clipPositions, [1 + positionSide * positionSide, hiddenSize]];
  yield* affineNorm(visionNames.clipFirstNorm, hiddenSize);
  for (let layer = 0; layer < clip.layers; layer++) yield* encoderLayerShapes(weights, clip, clipLayerNames(layer));
}
