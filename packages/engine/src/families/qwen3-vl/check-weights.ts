import { expectShapes } from "../../blocks/named-shapes.ts";
import { visionShapes } from "../../blocks/qwen3-vision/vision-shapes.ts";
import { textDecoderShapes } from "../../blocks/text-decoder/text-decoder-shapes.ts";
import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { Qwen3VlConfig } from "./config.ts";
import { textNames } from "./weight-names.ts";

/**
 * Compares every tensor that the graphs use with config.json (names and shapes: specs/vlm.md B2).
 *
 * @throws ModelLoadError naming the first tensor that is missing or has another shape
 */
export function checkWeights(config: Qwen3VlConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  expectShapes(weights, textDecoderShapes(weights, { text: config.text, names: textNames, tiedEmbeddings }));
  expectShapes(weights, visionShapes(config.vision, weights));
}
