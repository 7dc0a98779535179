import { z } from "zod";
import { clipCap } from "../../blocks/qwen-vision/clip-cap.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readVideoProcessorJson } from "../../checkpoint/processor-json.ts";
import { type ImageProcessorConfig, type PixelBounds, readPictureSettings } from "./processor-config.ts";

const framesSchema = z.looseObject({
  min_frames: z.number().int().positive().default(4),
  max_frames: z.number().int().positive().default(768),
});

/** Areas of a frame in pixels where no file says them (specs/vlm.md B1 "Video"). */
const defaultAreas = { minPixels: 128 * 28 * 28, maxPixels: 768 * 28 * 28 };

/** What the checkpoint says about turning videos into model input; the areas are those of one frame. */
export interface VideoProcessorConfig extends ImageProcessorConfig {
  /** Fewest frames of a clip, as far as the video has them. */
  readonly minFrames: number;
  readonly maxFrames: number;
  /** Tokens that a whole clip may have, which shrinks the frames of long ones; no such bound when undefined. */
  readonly clipTokens?: number | undefined;
}

/** `max_video_tokens` of transformers' `Qwen2VLVideoProcessor`. */
const defaultClipTokens = 128_000;

/**
 * Reads the video processor settings from video_preprocessor_config.json, or from processor_config.json as newer
 * versions of transformers save them. Published checkpoints often have neither: then frames are treated as the
 * checkpoint treats pictures, with the areas of the family.
 *
 * @param image the checkpoint's image processor
 * @param bounds area bounds that replace the checkpoint's; where only one is given, the other one yields to it
 * @throws ModelLoadError when a setting is not supported
 */
export async function loadVideoProcessorConfig(
  files: CheckpointFiles,
  image: ImageProcessorConfig,
  bounds: PixelBounds = {},
): Promise<VideoProcessorConfig> {
  const found = await readVideoProcessorJson(files);
  const frames = parseConfig(framesSchema, found?.json ?? {}, found?.file ?? "video processor");
  const settings =
    found === undefined
      ? { ...image, ...defaultAreas }
      : readPictureSettings(found.json, { file: found.file, bounds: {}, areas: defaultAreas });
  const minPixels = bounds.minPixels ?? Math.min(settings.minPixels, bounds.maxPixels ?? Infinity);
  return {
    ...settings,
    minPixels,
    maxPixels: Math.max(minPixels, bounds.maxPixels ?? settings.maxPixels),
    minFrames: frames.min_frames,
    maxFrames: frames.max_frames,
    clipTokens: found === undefined ? undefined : clipCap(found.json, found.file, defaultClipTokens),
  };
}
