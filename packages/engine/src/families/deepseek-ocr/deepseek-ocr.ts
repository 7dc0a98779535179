import { decoderShape } from "../../blocks/text-decoder/decoder-shape.ts";
import { plainPositions, plainRotary } from "../../blocks/text-decoder/plain-positions.ts";
import { textDecoderGraph } from "../../blocks/text-decoder/text-decoder-graph.ts";
import { findAddedToken } from "../../checkpoint/added-tokens.ts";
import { createWeightSource } from "../../checkpoint/weight-source.ts";
import type { ModelFamily } from "../model-family.ts";
import { checkWeights } from "./check-weights.ts";
import { parseDeepseekOcrConfig } from "./config.ts";
import { pictureInput } from "./prepare-picture.ts";
import { loadDeepseekOcrProcessor } from "./processor-config.ts";
import { visionConfig } from "./vision-config.ts";
import { visionGraph } from "./vision-graph.ts";
import { textNames } from "./weight-names.ts";

/** What stands for a picture in prompts. */
const imageMark = "<image>";

/** Marks of stock prompts ("<|grounding|>OCR this image.") and of the tables and boxes in answers. */
const promptLiterals = ["<|grounding|>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>", "<td>", "</td>"];

/** Published checkpoints have no template: a picture is a line of its own, and texts follow each other bare. */
const template = `{%- for message in messages -%}
{%- if message.content is string -%}{{- message.content -}}{%- else -%}
{%- for part in message.content -%}
{%- if part.type == 'image' -%}{{- '${imageMark}\\n' -}}{%- elif part.type == 'text' -%}{{- part.text -}}{%- endif -%}
{%- endfor -%}{%- endif -%}{%- endfor -%}`;

/**
 * DeepSeek-OCR (arXiv:2510.18234), as published and in the layout of transformers (specs/vlm.md B7, B12.9). It takes no
 * videos. Its published code is not part of transformers: this is checked against transformers' model of the same
 * architecture, `unlimited_ocr` with full attention.
 */
export const deepseekOcr: ModelFamily = {
  modelTypes: ["deepseek_vl_v2", "deepseek_ocr", "unlimited_ocr"],
  async open(checkpoint, options) {
    const config = parseDeepseekOcrConfig(await checkpoint.readJson("config.json"));
    const { text, tiedEmbeddings } = config;
    const imageTokenId = config.imageTokenId ?? (await findAddedToken(checkpoint, imageMark));
    const processor = await loadDeepseekOcrProcessor(checkpoint, options);
    const weights = createWeightSource(checkpoint, []);
    const vision = visionConfig(config.towers, weights);
    checkWeights(config, vision, weights);
    return {
      family: "deepseek_ocr",
      graphRevision: 1,
      decoder: decoderShape(text),
      weights,
      embedding: `${textNames.model}.embed_tokens.weight`,
      imageTokenId,
      plainPrompt: { imageMark: `${imageMark}\n`, template },
      coordinateSpace: "relative-999",
      allowedLiterals: promptLiterals,
      graphs: (formats) => ({
        vision: visionGraph(vision, weights, { format: formats.vision, textWidth: text.hiddenSize }),
        decoder: textDecoderGraph(weights, { text, names: textNames, tiedEmbeddings, format: formats.decoder }),
      }),
      prepareImage: pictureInput(vision, processor, imageTokenId),
      video: undefined,
      positions: plainPositions,
      rotaryTable: plainRotary(text),
    };
  },
};
