import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { z } from "zod";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import { parseConfig } from "../../checkpoint/parse-config.ts";
import { readImageProcessorJson } from "../../checkpoint/processor-json.ts";
import type { FamilyOptions } from "../../families/model-family.ts";
import { type PictureSettings, readPictureSettings } from "../pictures/picture-settings.ts";

const count = z.number().int().positive();
const pinpoints = z
  .array(z.tuple([count, count]))
  .min(1)
  .max(1024);

const schema = z.looseObject({
  size: z.looseObject({ shortest_edge: count.optional(), height: count.optional(), width: count.optional() }),
  image_grid_pinpoints: pinpoints.optional(),
});

const configSchema = z.looseObject({ image_grid_pinpoints: pinpoints.nullish() });

/** CLIP's mean and deviation and Pillow's bicubic filter. */
const defaults = {
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
  resample: 3,
};

/** How pictures are cut into views (specs/vlm.md B5 "Preprocess"). */
export interface AnyresProcessor extends PictureSettings {
  /** Pixels along the side of a view. */
  readonly tile: number;
  /** Sizes in pixels that a picture may be fitted into. */
  readonly canvases: readonly { readonly width: number; readonly height: number }[];
}

/**
 * Reads the image processor's settings of a checkpoint of the LLaVA lineage.
 *
 * @param tile side of the tower's pictures
 * @param options `maxPixels` leaves out larger canvases; the smallest one always remains
 * @throws ModelLoadError when a setting is missing, does not fit the tower or contradicts config.json;
 *   InvalidArgumentError for `minPixels`
 */
export async function loadAnyresProcessor(
  files: CheckpointFiles,
  tile: number,
  options: FamilyOptions,
): Promise<AnyresProcessor> {
  if (options.minPixels !== undefined) {
    throw new InvalidArgumentError(
      "minPixels does not apply: models of this family fit every picture into one of their own canvases.",
    );
  }
  const { json, file } = await readImageProcessorJson(files);
  const { size, image_grid_pinpoints: own } = parseConfig(schema, json, file);
  const { image_grid_pinpoints: other } = parseConfig(configSchema, await files.readJson("config.json"), "config.json");
  if (own !== undefined && other && sorted(own) !== sorted(other)) {
    throw new ModelLoadError(
      `${file} and config.json name different image_grid_pinpoints. They belong to different checkpoints; copy both files from one.`,
    );
  }
  const named = own ?? other;
  if (named === undefined || named === null) {
    throw new ModelLoadError(`${file}: image_grid_pinpoints is missing, and so it is in config.json.`);
  }
  const all = named.map(([height, width]) => ({ width, height }));
  const odd = all.find(({ width, height }) => width % tile !== 0 || height % tile !== 0);
  const side = size.shortest_edge ?? size.height;
  if (side !== tile || (size.width ?? side) !== side || odd !== undefined) {
    throw new ModelLoadError(
      `${file}: size ${side}×${size.width ?? side} and image_grid_pinpoints${odd === undefined ? "" : ` (${odd.height}×${odd.width})`} must be image_size ${tile} of config.json and multiples of it.`,
    );
  }
  const smallest = Math.min(...all.map(({ width, height }) => width * height));
  const most = Math.max(options.maxPixels ?? Number.POSITIVE_INFINITY, smallest);
  const canvases = all.filter(({ width, height }) => width * height <= most);
  return { ...readPictureSettings(json, file, defaults), tile, canvases };
}

/** The same text for the same sizes in any order. */
function sorted(sizes: readonly (readonly number[])[]): string {
  return sizes
    .map(([height, width]) => `${height}x${width}`)
    .sort()
    .join(" ");
}
