import { createWeightSource, expectShape, type WeightSource } from "../../checkpoint/weight-source.ts";
import type { FamilyModel, ModelFamily } from "../model-family.ts";
import { parseQwen25VlConfig, type Qwen25VlConfig } from "./config.ts";
import { decoderGraph } from "./decoder-graph.ts";
import { preprocessImage } from "./image-processor.ts";
import { promptPositions, textRotary } from "./positions.ts";
import { loadImageProcessorConfig } from "./processor-config.ts";
import { visionFeeds } from "./vision-feeds.ts";
import { visionGraph } from "./vision-graph.ts";
import { qwen25VlNames } from "./weight-names.ts";

const embedding = "model.language_model.embed_tokens.weight";

/** Qwen2.5-VL (arXiv:2502.13923) and checkpoints of the same architecture, such as Cosmos-Reason1. */
export const qwen25Vl: ModelFamily = {
  modelTypes: ["qwen2_5_vl"],
  async open(checkpoint, options) {
    const config = parseQwen25VlConfig(await checkpoint.readJson("config.json"));
    const processor = await loadImageProcessorConfig(checkpoint, options);
    const weights = createWeightSource(checkpoint, qwen25VlNames);
    const { text, vision } = config;
    const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has("lm_head.weight");
    checkShapes(config, weights, tiedEmbeddings);
    const model: FamilyModel = {
      family: "qwen2_5_vl",
      decoder: {
        layers: text.layers,
        hiddenSize: text.hiddenSize,
        kvWidth: text.kvHeads * text.headDim,
        vocabSize: text.vocabSize,
        contextLength: text.contextLength,
        heads: text.heads,
      },
      weights,
      embedding,
      imageTokenId: config.imageTokenId,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, formats.vision),
        decoder: decoderGraph(weights, { text, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: (picture) => {
        const pixels = preprocessImage(picture, processor, vision);
        const { grid, resized } = pixels;
        const tokens = (grid.t * grid.h * grid.w) / vision.mergeSize ** 2;
        return { feeds: visionFeeds(pixels, vision), tokens, resized, grid, timeStep: 0 };
      },
      positions: (length, visuals) => promptPositions(length, visuals, vision.mergeSize),
      rotaryTable: textRotary(text),
    };
    return model;
  },
};

/** Compares the matrices with config.json, so that a mix-up or a gap is found before anything is computed. */
function checkShapes({ text, vision }: Qwen25VlConfig, weights: WeightSource, tiedEmbeddings: boolean): void {
  if (!tiedEmbeddings) expectShape(weights, "lm_head.weight", [text.vocabSize, text.hiddenSize]);
  const { patchSize, temporalPatchSize } = vision;
  expectShape(weights, embedding, [text.vocabSize, text.hiddenSize]);
  expectShape(weights, "model.visual.patch_embed.proj.weight", [
    vision.hiddenSize,
    3,
    temporalPatchSize,
    patchSize,
    patchSize,
  ]);
  for (let layer = 0; layer < text.layers; layer++) {
    const prefix = `model.language_model.layers.${layer}`;
    expectShape(weights, `${prefix}.self_attn.q_proj.weight`, [text.heads * text.headDim, text.hiddenSize]);
    expectShape(weights, `${prefix}.self_attn.k_proj.weight`, [text.kvHeads * text.headDim, text.hiddenSize]);
    expectShape(weights, `${prefix}.self_attn.v_proj.weight`, [text.kvHeads * text.headDim, text.hiddenSize]);
    expectShape(weights, `${prefix}.self_attn.o_proj.weight`, [text.hiddenSize, text.heads * text.headDim]);
    expectShape(weights, `${prefix}.mlp.gate_proj.weight`, [text.intermediateSize, text.hiddenSize]);
    expectShape(weights, `${prefix}.mlp.up_proj.weight`, [text.intermediateSize, text.hiddenSize]);
    expectShape(weights, `${prefix}.mlp.down_proj.weight`, [text.hiddenSize, text.intermediateSize]);
  }
  for (let block = 0; block < vision.depth; block++) {
    const prefix = `model.visual.blocks.${block}`;
    expectShape(weights, `${prefix}.attn.qkv.weight`, [3 * vision.hiddenSize, vision.hiddenSize]);
    expectShape(weights, `${prefix}.mlp.gate_proj.weight`, [vision.intermediateSize, vision.hiddenSize]);
  }
}
