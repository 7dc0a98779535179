import { ModelLoadError } from "@ocellus/core";
import { type Picture, resamplePillow } from "@ocellus/media";
import { z } from "zod";
import type { AnyresProcessor } from "../../blocks/llava/anyres-processor.ts";
import { type PictureSettings, readPictureSettings } from "../../blocks/pictures/picture-settings.ts";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import type { ClipTowerConfig } from "../../blocks/vision-tower/clip-tower-config.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readVideoProcessorJson } from "../../checkpoint/processor-json.ts";
import type { Feeds } from "../../runtime/host-tensor.ts";
import type { VideoInput, VideoLength, VideoSampling } from "../model-family.ts";
import { type BlendedRows, blendLines, wholeRow } from "./blend-lines.ts";
import { rowFeeds } from "./row-feeds.ts";

const count = z.number().int().positive();

const schema = z.looseObject({
  size: z.looseObject({ height: count, width: count }).optional(),
  num_frames: count.nullish(),
});

/** Frames of a clip where neither file nor caller says it: as many as the family was trained with. */
const defaultMaxFrames = 32;

/** Views that one run of the tower sees at most: bounds its memory. */
const framesPerRun = 8;

/** How frames are made and how many a clip may have. */
export interface OneVisionVideoProcessor extends PictureSettings {
  readonly maxFrames: number;
}

/**
 * Reads the video processor's settings; where the checkpoint has none, frames are treated as pictures are.
 *
 * @throws ModelLoadError when frames would not fit the tower
 */
export async function loadVideoProcessor(
  files: CheckpointFiles,
  image: AnyresProcessor,
): Promise<OneVisionVideoProcessor> {
  const { json, file } = (await readVideoProcessorJson(files)) ?? { json: {}, file: "video processor" };
  const { size, num_frames } = parseConfig(schema, json, file);
  if (size !== undefined && (size.height !== image.tile || size.width !== image.tile)) {
    throw new ModelLoadError(
      `${file}: size ${size.height}×${size.width} must be image_size ${image.tile} of config.json.`,
    );
  }
  const defaults = { image_mean: image.mean, image_std: image.std, resample: 3 };
  return { ...readPictureSettings(json, file, defaults), maxFrames: num_frames ?? defaultMaxFrames };
}

/** How LLaVA-OneVision takes videos: each frame is one view with half its sides, a newline ends the clip. */
export function videoInput(
  tokenId: number,
  processor: OneVisionVideoProcessor,
  { side, imageSize, patchSize }: ClipTowerConfig,
): VideoInput {
  const half = Math.ceil(side / 2);
  const resized = { width: imageSize, height: imageSize };
  return {
    tokenId,
    sampleFrames: (video, sampling) => sampleFrames(video, sampling, processor.maxFrames),
    tokensOf: (_, frames) => frames * half ** 2 + 1,
    resizeFrame: (frame) => resamplePillow(frame, resized, processor.filter),
    prepareClip: (frames) => ({
      feeds: { [Symbol.iterator]: () => clipFeeds(frames, processor, { side, patchSize }) },
      placeholder: tokenId,
      tokens: frames.length * half ** 2 + 1,
      resized,
      grid: { t: frames.length, h: side, w: side },
      timeStep: 0,
    }),
  };
}

/**
 * Frames at an even distance (transformers `default_sample_indices_fn`): n = ⌊total / sourceFps · fps⌋, frame i at
 * ⌊i · total / n⌋.
 */
export function sampleFrames({ frameCount, fps }: VideoLength, sampling: VideoSampling, maxFrames: number): number[] {
  const most = Math.min(sampling.maxFrames ?? maxFrames, frameCount);
  const frames = Math.min(Math.max(1, Math.trunc((frameCount / fps) * sampling.fps)), most);
  return Array.from({ length: frames }, (_, index) => Math.floor((index * frameCount) / frames));
}

function* clipFeeds(
  frames: readonly Picture[],
  processor: OneVisionVideoProcessor,
  { side, patchSize }: Pick<ClipTowerConfig, "side" | "patchSize">,
): Generator<Feeds, void, undefined> {
  const half = Math.ceil(side / 2);
  const grid = Array.from({ length: side }, (_, y) => Array.from({ length: side }, (__, x) => y * side + x));
  const frameRows = blendLines(grid, { width: half, height: half }).flat();
  for (let start = 0; start < frames.length; start += framesPerRun) {
    const some = frames.slice(start, start + framesPerRun);
    const rows: BlendedRows[] = some.flatMap((_, frame) =>
      frameRows.map(({ patches, shares }) => ({
        patches: patches.map((patch) => frame * side * side + patch),
        shares,
      })),
    );
    if (start + some.length === frames.length) rows.push(wholeRow(some.length * side * side));
    yield { pixel_values: tilePixels(some, patchSize, processor), ...rowFeeds(rows) };
  }
}
