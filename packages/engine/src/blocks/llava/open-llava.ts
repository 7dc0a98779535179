import type { ModelCheckpoint } from "../../checkpoint/model-checkpoint.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { FamilyModel, FamilyOptions } from "../../families/model-family.ts";
import type { OnnxGraph } from "../../onnx/onnx-graph.ts";
import type { LinearFormat } from "../linear.ts";
import { decoderShape } from "../text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../text-decoder/text-decoder-graph.ts";
import { type AnyresProcessor, loadAnyresProcessor } from "./anyres-processor.ts";
import { type LlavaConfig, type LlavaDefaults, parseLlavaConfig } from "./llava-config.ts";
import { llavaNames, llavaText } from "./llava-names.ts";
import { checkLlavaWeights } from "./projected-patches.ts";

/** A checkpoint of the LLaVA lineage, as far as its families do not differ. */
export interface OpenedLlava {
  readonly config: LlavaConfig;
  readonly processor: AnyresProcessor;
  readonly model: Pick<
    FamilyModel,
    "decoder" | "weights" | "embedding" | "imageTokenId" | "allowedLiterals" | "positions" | "rotaryTable"
  >;
  /** The graph of the language model. */
  decoderGraph(format: LinearFormat): OnnxGraph;
}

/**
 * Reads and checks a checkpoint of the LLaVA lineage.
 *
 * @throws ModelLoadError naming what is missing or unsupported
 */
export async function openLlava(
  checkpoint: ModelCheckpoint,
  defaults: LlavaDefaults,
  options: FamilyOptions,
): Promise<OpenedLlava> {
  const config = parseLlavaConfig(await checkpoint.readJson("config.json"), defaults);
  const { text, vision, imageTokenId } = config;
  const processor = await loadAnyresProcessor(checkpoint, vision.imageSize, options);
  const weights = createWeightSource(checkpoint, llavaNames);
  const tiedEmbeddings = config.tiedEmbeddings ?? !weights.has(`${llavaText.head}.weight`);
  checkLlavaWeights(config, weights, tiedEmbeddings);
  return {
    config,
    processor,
    model: {
      decoder: decoderShape(text),
      weights,
      embedding: `${llavaText.model}.embed_tokens.weight`,
      imageTokenId,
      allowedLiterals: [],
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    },
    decoderGraph: (format) => textDecoderGraph(weights, { text, names: llavaText, tiedEmbeddings, format }),
  };
}
