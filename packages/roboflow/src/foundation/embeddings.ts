import type { ImagesInput } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import { checkResult } from "../results/check-result.ts";
import type { EmbeddingsResult, ImageEmbeddingsResult } from "../results/foundation-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages, askOnce } from "./foundation-request.ts";
import { splitEmbeddings } from "./split-embeddings.ts";

/** Options of the Perception Encoder embeddings. */
export interface PerceptionEncoderOptions extends CallOptions {
  /** Such as `PE-Core-B16-224`; default of the server `PE-Core-L14-336`. */
  readonly perceptionEncoderVersion?: string | undefined;
}

/** Names of {@link PerceptionEncoderOptions}. */
export const perceptionEncoderOptionNames: readonly string[] = ["perceptionEncoderVersion"];

/** One result per request: the embeddings of a batch stay together. */
export async function getPerceptionEncoderImageEmbeddings(
  state: ClientState,
  images: ImagesInput,
  options: PerceptionEncoderOptions,
  call: CallOptions,
): Promise<EmbeddingsResult | EmbeddingsResult[]> {
  const body = { perception_encoder_version_id: options.perceptionEncoderVersion };
  const request = { path: "/perception_encoder/embed_image", body, batches: "configured" } as const;
  return unwrapSingle(await askAboutImages(state, images, request, call)) as EmbeddingsResult;
}

/** All texts in one result. */
export async function getPerceptionEncoderTextEmbeddings(
  state: ClientState,
  text: string | readonly string[],
  options: PerceptionEncoderOptions,
  call: CallOptions,
): Promise<EmbeddingsResult> {
  const path = "/perception_encoder/embed_text";
  const body = { text, perception_encoder_version_id: options.perceptionEncoderVersion };
  return checkResult(await askOnce(state, path, body, call), path) as EmbeddingsResult;
}

/** Options of `getImageEmbeddings`. */
export interface ImageEmbeddingsOptions extends CallOptions {
  readonly modelId: string;
  /** Default `feature_vector`. */
  readonly outputType?: "feature_vector" | "logits" | undefined;
}

/** Names of {@link ImageEmbeddingsOptions}. */
export const imageEmbeddingsOptionNames: readonly string[] = ["modelId", "outputType"];

/** One result per picture; `embedding_info` is repeated. */
export async function getImageEmbeddings(
  state: ClientState,
  images: ImagesInput,
  { modelId, outputType = "feature_vector" }: ImageEmbeddingsOptions,
  call: CallOptions,
): Promise<ImageEmbeddingsResult | ImageEmbeddingsResult[]> {
  const body = { model_id: modelId, output_type: outputType };
  const request = { path: "/infer/embeddings", body, batches: "configured" } as const;
  const responses = await askAboutImages(state, images, request, call);
  return unwrapSingle(splitEmbeddings(responses, "all", request.path)) as ImageEmbeddingsResult;
}
