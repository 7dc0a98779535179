import { FeatureDeprecatedError } from "../errors/feature-deprecated-error.ts";
import * as clip from "../foundation/clip.ts";
import { type DepthOptions, depthEstimation, depthOptionNames } from "../foundation/depth.ts";
import * as embeddings from "../foundation/embeddings.ts";
import { inferLmm, type LmmOptions, lmmOptionNames } from "../foundation/lmm.ts";
import { type OcrOptions, ocrImage, ocrOptionNames } from "../foundation/ocr.ts";
import * as sam from "../foundation/sam.ts";
import { inferFromYoloWorld, type YoloWorldOptions, yoloWorldOptionNames } from "../foundation/yolo-world.ts";
import type { ImageInput, ImagesInput } from "../images/image-input.ts";
import type * as results from "../results/foundation-results.ts";
import type * as samResults from "../results/sam-results.ts";
import type { ObjectDetectionResult } from "../results/task-results.ts";
import { ModelsClient, type OneOrMany } from "./models-client.ts";

/** The part of the client that asks foundation models. Used through `InferenceHTTPClient`. */
export abstract class FoundationClient<Self extends FoundationClient<Self>> extends ModelsClient<Self> {
  /** Reads text in pictures; one request a picture. */
  async ocrImage(images: ImagesInput, options: OcrOptions = {}): Promise<OneOrMany<results.OcrResult>> {
    const [state, call] = this.begin(options, ocrOptionNames);
    return await ocrImage(state, images, options, call);
  }

  /** Was removed from the servers; always throws a `FeatureDeprecatedError`. */
  async detectGazes(_images?: ImagesInput): Promise<never> {
    throw new FeatureDeprecatedError({
      feature: "detectGazes",
      reason: "MediaPipe dependency removed from inference.",
      removalRelease: "end of Q2 2026",
    });
  }

  /** CLIP embeddings of pictures, one result each. */
  async getClipImageEmbeddings(
    images: ImagesInput,
    options: clip.ClipOptions = {},
  ): Promise<OneOrMany<results.EmbeddingsResult>> {
    const [state, call] = this.begin(options, clip.clipOptionNames);
    return await clip.getClipImageEmbeddings(state, images, options, call);
  }

  /** CLIP embeddings of one text or several, in one result. */
  async getClipTextEmbeddings(
    text: string | readonly string[],
    options: clip.ClipOptions = {},
  ): Promise<results.EmbeddingsResult> {
    const [state, call] = this.begin(options, clip.clipOptionNames);
    return await clip.getClipTextEmbeddings(state, text, options, call);
  }

  /** Similarity of a picture or text with others, by CLIP. */
  async clipCompare(subject: ImageInput, options: clip.ClipCompareOptions): Promise<results.ClipComparison> {
    const [state, call] = this.begin(options, clip.clipCompareOptionNames);
    return await clip.clipCompare(state, subject, options, call);
  }

  /** Perception Encoder embeddings of pictures, one result a request. */
  async getPerceptionEncoderImageEmbeddings(
    images: ImagesInput,
    options: embeddings.PerceptionEncoderOptions = {},
  ): Promise<OneOrMany<results.EmbeddingsResult>> {
    const [state, call] = this.begin(options, embeddings.perceptionEncoderOptionNames);
    return await embeddings.getPerceptionEncoderImageEmbeddings(state, images, options, call);
  }

  /** Perception Encoder embeddings of one text or several, in one result. */
  async getPerceptionEncoderTextEmbeddings(
    text: string | readonly string[],
    options: embeddings.PerceptionEncoderOptions = {},
  ): Promise<results.EmbeddingsResult> {
    const [state, call] = this.begin(options, embeddings.perceptionEncoderOptionNames);
    return await embeddings.getPerceptionEncoderTextEmbeddings(state, text, options, call);
  }

  /** Embeddings or logits of a picture model, one result a picture. */
  async getImageEmbeddings(
    images: ImagesInput,
    options: embeddings.ImageEmbeddingsOptions,
  ): Promise<OneOrMany<results.ImageEmbeddingsResult>> {
    const [state, call] = this.begin(options, embeddings.imageEmbeddingsOptionNames);
    return await embeddings.getImageEmbeddings(state, images, options, call);
  }

  /** Asks a vision-language model about pictures. */
  async inferLmm(images: ImagesInput, options: LmmOptions): Promise<OneOrMany<results.LmmResult>> {
    const [state, call] = this.begin(options, lmmOptionNames);
    return await inferLmm(state, images, options, call);
  }

  /** Estimates the depth of every pixel. */
  async depthEstimation(images: ImagesInput, options: DepthOptions = {}): Promise<OneOrMany<results.DepthResult>> {
    const [state, call] = this.begin(options, depthOptionNames);
    return await depthEstimation(state, images, options, call);
  }

  /** Masks at points or in boxes, by SAM 2. */
  async sam2SegmentImage(images: ImagesInput, options: sam.Sam2Options = {}): Promise<OneOrMany<samResults.SamResult>> {
    const [state, call] = this.begin(options, sam.sam2OptionNames);
    return await sam.sam2SegmentImage(state, images, options, call);
  }

  /** Masks of all instances of concepts, by SAM 3. */
  async sam3ConceptSegment(
    images: ImagesInput,
    options: sam.Sam3ConceptOptions,
  ): Promise<OneOrMany<samResults.Sam3ConceptResult>> {
    const [state, call] = this.begin(options, sam.sam3ConceptOptionNames);
    return await sam.sam3ConceptSegment(state, images, options, call);
  }

  /** Masks at points or in boxes, by SAM 3. */
  async sam3VisualSegment(
    images: ImagesInput,
    options: sam.Sam3VisualOptions = {},
  ): Promise<OneOrMany<samResults.SamResult>> {
    const [state, call] = this.begin(options, sam.sam3VisualOptionNames);
    return await sam.sam3VisualSegment(state, images, options, call);
  }

  /** Lets the server embed a picture for later prompts to SAM 3. */
  async sam3EmbedImage(
    images: ImagesInput,
    options: sam.Sam3EmbedOptions = {},
  ): Promise<OneOrMany<samResults.SamEmbeddingResult>> {
    const [state, call] = this.begin(options, sam.sam3EmbedOptionNames);
    return await sam.sam3EmbedImage(state, images, options, call);
  }

  /** Meshes of masked objects, by SAM 3-3D (`sam3_3d_infer` in Python). */
  async sam33dInfer(images: ImagesInput, options: sam.Sam3dOptions): Promise<samResults.Sam3dResult> {
    const [state, call] = this.begin(options, sam.sam3dOptionNames);
    return await sam.sam33dInfer(state, images, options, call);
  }

  /** Detects objects by words; always a list. */
  async inferFromYoloWorld(images: ImagesInput, options: YoloWorldOptions): Promise<ObjectDetectionResult[]> {
    const [state, call] = this.begin(options, yoloWorldOptionNames);
    return await inferFromYoloWorld(state, images, options, call);
  }
}
