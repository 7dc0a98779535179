import type { ImagesInput } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import type { Sam3ConceptResult, Sam3dResult, SamEmbeddingResult, SamResult } from "../results/sam-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages } from "./foundation-request.ts";

/** A place that a mask is wanted for: points of an object (or not), or a box around its centre. */
export interface SamPrompt {
  readonly points?: readonly { readonly x: number; readonly y: number; readonly positive: boolean }[] | undefined;
  readonly box?:
    | { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
    | undefined;
}

/** Options of `sam3VisualSegment`. */
export interface Sam3VisualOptions extends CallOptions {
  readonly prompts?: readonly SamPrompt[] | undefined;
  /** Offer several masks a prompt. Default true. */
  readonly multimaskOutput?: boolean | undefined;
  /** Form of the masks in the answer. Default `json` (polygons). */
  readonly maskInputFormat?: "json" | "rle" | "binary" | undefined;
}

/** Names of {@link Sam3VisualOptions}. */
export const sam3VisualOptionNames: readonly string[] = ["prompts", "multimaskOutput", "maskInputFormat"];

/** Options of `sam2SegmentImage`. */
export interface Sam2Options extends Sam3VisualOptions {
  /** Default `hiera_tiny`; also `hiera_small`, `hiera_b_plus`, `hiera_large`. */
  readonly sam2VersionId?: string | undefined;
}

/** Names of {@link Sam2Options}. */
export const sam2OptionNames: readonly string[] = [...sam3VisualOptionNames, "sam2VersionId"];

/** A concept to segment: a text, or boxes around examples. Other members are sent as they are. */
export interface Sam3ConceptPrompt {
  readonly type?: "text" | "visual" | undefined;
  readonly text?: string | undefined;
  readonly [member: string]: unknown;
}

/** Options of `sam3ConceptSegment`. */
export interface Sam3ConceptOptions extends CallOptions {
  readonly prompts: readonly Sam3ConceptPrompt[];
  /** Default `sam3/sam3_final`. */
  readonly modelId?: string | undefined;
  /** Smallest confidence, 0 to 1. Default 0.5. */
  readonly outputProbThresh?: number | undefined;
  readonly nmsIouThreshold?: number | undefined;
  /** Form of the masks. Default `polygon`. */
  readonly format?: "polygon" | "rle" | undefined;
}

/** Names of {@link Sam3ConceptOptions}. */
export const sam3ConceptOptionNames: readonly string[] = [
  "prompts",
  "modelId",
  "outputProbThresh",
  "nmsIouThreshold",
  "format",
];

/** Options of `sam3EmbedImage`. */
export interface Sam3EmbedOptions extends CallOptions {
  /** Name under which the server keeps the embedding. */
  readonly imageId?: string | undefined;
}

/** Names of {@link Sam3EmbedOptions}. */
export const sam3EmbedOptionNames: readonly string[] = ["imageId"];

/** Options of `sam33dInfer`. */
export interface Sam3dOptions extends CallOptions {
  /** Masks of the objects: polygons `[x0, y0, x1, y1, …]`, run-length or binary masks. */
  readonly maskInput: unknown;
  /** Default `sam3-3d-objects`. */
  readonly modelId?: string | undefined;
  readonly outputMeshes?: boolean | undefined;
  readonly outputScene?: boolean | undefined;
  readonly withMeshPostprocess?: boolean | undefined;
  readonly withTextureBaking?: boolean | undefined;
  readonly useDistillations?: boolean | undefined;
}

/** Names of {@link Sam3dOptions}. */
export const sam3dOptionNames: readonly string[] = [
  ...["maskInput", "modelId", "outputMeshes", "outputScene"],
  ...["withMeshPostprocess", "withTextureBaking", "useDistillations"],
];

const nested = (prompts: readonly SamPrompt[] | undefined): unknown =>
  prompts === undefined ? undefined : { prompts };

/** Segments what is at points or in boxes with SAM 2. */
export async function sam2SegmentImage(
  state: ClientState,
  images: ImagesInput,
  options: Sam2Options,
  call: CallOptions,
): Promise<SamResult | SamResult[]> {
  const { prompts, sam2VersionId = "hiera_tiny", multimaskOutput = true, maskInputFormat = "json" } = options;
  const body = {
    sam2_version_id: sam2VersionId,
    multimask_output: multimaskOutput,
    format: maskInputFormat,
    prompts: nested(prompts),
  };
  return await ask(state, images, "/sam2/segment_image", body, call);
}

/** Segments every instance of concepts with SAM 3. */
export async function sam3ConceptSegment(
  state: ClientState,
  images: ImagesInput,
  options: Sam3ConceptOptions,
  call: CallOptions,
): Promise<Sam3ConceptResult | Sam3ConceptResult[]> {
  const { modelId = "sam3/sam3_final", outputProbThresh = 0.5, format = "polygon" } = options;
  const body = {
    model_id: modelId,
    prompts: options.prompts,
    output_prob_thresh: outputProbThresh,
    format,
    nms_iou_threshold: options.nmsIouThreshold,
  };
  return await ask(state, images, "/sam3/concept_segment", body, call);
}

/** Segments what is at points or in boxes with SAM 3. */
export async function sam3VisualSegment(
  state: ClientState,
  images: ImagesInput,
  { prompts, multimaskOutput = true, maskInputFormat = "json" }: Sam3VisualOptions,
  call: CallOptions,
): Promise<SamResult | SamResult[]> {
  const body = { multimask_output: multimaskOutput, format: maskInputFormat, prompts: nested(prompts) };
  return await ask(state, images, "/sam3/visual_segment", body, call);
}

/** Lets the server compute and keep the embedding of a picture for later prompts. */
export async function sam3EmbedImage(
  state: ClientState,
  images: ImagesInput,
  { imageId }: Sam3EmbedOptions,
  call: CallOptions,
): Promise<SamEmbeddingResult | SamEmbeddingResult[]> {
  return await ask(state, images, "/sam3/embed_image", { image_id: imageId }, call);
}

/** Makes meshes of masked objects; of several pictures the first result, as in the Python client. */
export async function sam33dInfer(
  state: ClientState,
  images: ImagesInput,
  options: Sam3dOptions,
  call: CallOptions,
): Promise<Sam3dResult> {
  const body = {
    model_id: options.modelId ?? "sam3-3d-objects",
    mask_input: options.maskInput,
    output_meshes: options.outputMeshes ?? true,
    output_scene: options.outputScene ?? true,
    with_mesh_postprocess: options.withMeshPostprocess ?? true,
    with_texture_baking: options.withTextureBaking ?? true,
    use_distillations: options.useDistillations ?? false,
  };
  const results = await askAboutImages(state, images, { path: "/sam3_3d/infer", body, batches: "one" }, call);
  return results[0] as Sam3dResult;
}

async function ask<Result>(
  state: ClientState,
  images: ImagesInput,
  path: string,
  body: Readonly<Record<string, unknown>>,
  call: CallOptions,
): Promise<Result | Result[]> {
  return unwrapSingle(await askAboutImages(state, images, { path, body, batches: "configured" }, call)) as Result;
}
