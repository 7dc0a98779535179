import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import { encodeImageInput } from "../images/encode-image-input.ts";
import { type ImageInput, type ImagesInput, iterateImages, type WireImage } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import { checkResult } from "../results/check-result.ts";
import type { ClipComparison, EmbeddingsResult } from "../results/foundation-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import type { JsonObject } from "../transport/read-json.ts";
import { askAboutImages, askOnce } from "./foundation-request.ts";
import { splitEmbeddings } from "./split-embeddings.ts";

/** Options of the CLIP embeddings. */
export interface ClipOptions extends CallOptions {
  /** Such as `ViT-B-32`; default of the server `ViT-B-16`. */
  readonly clipVersion?: string | undefined;
}

/** Names of {@link ClipOptions}. */
export const clipOptionNames: readonly string[] = ["clipVersion"];

/** What a side of a CLIP comparison is. */
export type ClipArgumentType = "image" | "text";

/** Options of `clipCompare`. */
export interface ClipCompareOptions extends ClipOptions {
  /** What the subject is compared with: one text or picture, or several. */
  readonly prompt: ImageInput | readonly ImageInput[];
  /** Default `image`. */
  readonly subjectType?: ClipArgumentType | undefined;
  /** Default `text`. */
  readonly promptType?: ClipArgumentType | undefined;
}

/** Names of {@link ClipCompareOptions}. */
export const clipCompareOptionNames: readonly string[] = [...clipOptionNames, "prompt", "subjectType", "promptType"];

/** One result per picture, also when several were sent in one request. */
export async function getClipImageEmbeddings(
  state: ClientState,
  images: ImagesInput,
  { clipVersion }: ClipOptions,
  call: CallOptions,
): Promise<EmbeddingsResult | EmbeddingsResult[]> {
  const request = { path: "/clip/embed_image", body: { clip_version_id: clipVersion }, batches: "configured" } as const;
  const responses = await askAboutImages(state, images, request, call);
  return unwrapSingle(splitEmbeddings(responses, ["frame_id", "time"], request.path)) as EmbeddingsResult;
}

/** All texts in one result. */
export async function getClipTextEmbeddings(
  state: ClientState,
  text: string | readonly string[],
  { clipVersion }: ClipOptions,
  call: CallOptions,
): Promise<EmbeddingsResult> {
  const path = "/clip/embed_text";
  const body = { text, clip_version_id: clipVersion };
  return checkResult(await askOnce(state, path, body, call), path) as EmbeddingsResult;
}

/** @throws InvalidParameterError for a type other than image and text */
export async function clipCompare(
  state: ClientState,
  subject: ImageInput,
  options: ClipCompareOptions,
  call: CallOptions,
): Promise<ClipComparison> {
  const { subjectType = "image", promptType = "text", prompt, clipVersion } = options;
  for (const [name, type] of [
    ["subjectType", subjectType],
    ["promptType", promptType],
  ] as const) {
    if (type === "image" || type === "text") continue;
    throw new InvalidParameterError(`options.${name} must be "image" or "text"; got ${JSON.stringify(type)}.`);
  }
  const path = "/clip/compare";
  const body: JsonObject = {
    subject_type: subjectType,
    prompt_type: promptType,
    clip_version_id: clipVersion,
    subject: subjectType === "image" ? await encodeOne(state, subject, call) : subject,
    prompt: promptType === "image" ? await encodeSome(state, prompt, call) : prompt,
  };
  return checkResult(await askOnce(state, path, body, call), path) as unknown as ClipComparison;
}

async function encodeOne(state: ClientState, image: ImageInput, call: CallOptions): Promise<WireImage> {
  return (await encodeImageInput(state, image, null, call)).wire;
}

async function encodeSome(
  state: ClientState,
  images: ImageInput | readonly ImageInput[],
  call: CallOptions,
): Promise<WireImage | WireImage[]> {
  const wires: WireImage[] = [];
  for await (const image of iterateImages(images as ImagesInput)) wires.push(await encodeOne(state, image, call));
  return unwrapSingle(wires);
}
