import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import type { FamilyModel, FamilyOptions } from "../../families/model-family.ts";
import { preprocessImage } from "../qwen-vision/image-processor.ts";
import { loadImageProcessor, loadVideoProcessor } from "./processor-config.ts";
import { slicePositions } from "./slice-positions.ts";
import { videoInput } from "./video-input.ts";
import type { Qwen3VisionConfig } from "./vision-config.ts";
import { visionFeeds } from "./vision-feeds.ts";

/** Markers of grounding answers of the Qwen lineage, which prompts may contain. */
const groundingLiterals = ["object_ref", "box", "quad"].flatMap((name) => [`<|${name}_start|>`, `<|${name}_end|>`]);

/** What a config.json says about visuals. */
export interface VisualTokens {
  readonly vision: Qwen3VisionConfig;
  readonly imageTokenId: number;
  /** Undefined when the checkpoint takes no videos. */
  readonly videoTokenId: number | undefined;
}

/**
 * How pictures and videos come into models with the vision side of Qwen3-VL (specs/vlm.md B2, B3).
 *
 * @throws ModelLoadError when the processor's settings are missing or not supported; InvalidArgumentError when a bound
 *   of the caller contradicts another
 */
export async function loadVisualInputs(
  files: CheckpointFiles,
  { vision, imageTokenId, videoTokenId }: VisualTokens,
  options: FamilyOptions,
): Promise<
  Pick<FamilyModel, "imageTokenId" | "coordinateSpace" | "allowedLiterals" | "prepareImage" | "video" | "positions">
> {
  const processor = await loadImageProcessor(files, options);
  const videoProcessor = await loadVideoProcessor(files, processor, options);
  return {
    imageTokenId,
    coordinateSpace: "relative-1000",
    allowedLiterals: groundingLiterals,
    prepareImage: (picture) => {
      const pixels = preprocessImage(picture, processor, vision);
      const { grid, resized } = pixels;
      const tokens = (grid.h * grid.w) / vision.mergeSize ** 2;
      return { feeds: [visionFeeds(pixels, vision)], placeholder: imageTokenId, tokens, resized, grid, timeStep: 0 };
    },
    video: videoTokenId === undefined ? undefined : videoInput(videoTokenId, videoProcessor, vision),
    positions: (length, visuals) => slicePositions(length, visuals, vision.mergeSize),
  };
}
