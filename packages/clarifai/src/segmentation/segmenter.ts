import type { CallOptions } from "../calls/call-options.ts";
import type { ResultStream } from "../calls/result-stream.ts";
import type { ModelClient } from "../model/model-client.ts";
import type { FrameInput, FrameValue, RegionInput, RegionValue } from "../values/annotation-values.ts";
import type { MediaInput } from "../values/media-values.ts";

/** What a segmentation returns: boxes, masks, or both. */
export type SegmentationReturn = "box" | "mask" | "all";

/** Prompts for one picture: regions made by `pointPrompt` and `boxPrompt`, or the model's own dictionary. */
export interface SegmentOptions extends CallOptions {
  readonly regions?: readonly RegionInput[] | undefined;
  /** `{ points: [[x, y]], labels: [1, 0], box: [x1, y1, x2, y2] }`; not together with `regions`. */
  readonly dictInputs?: Readonly<Record<string, unknown>> | undefined;
  /** Several masks per prompt, best first. */
  readonly multimaskOutput?: boolean | undefined;
  /** False: prompts are in pixels rather than shares. */
  readonly denormalizeCoord?: boolean | undefined;
  readonly roundMask?: boolean | undefined;
  readonly returnType?: SegmentationReturn | undefined;
}

/** Prompts for a video: frames that hold regions with `trackId`, or the model's own dictionaries. */
export interface SegmentVideoOptions extends CallOptions {
  readonly frames?: readonly FrameInput[] | undefined;
  /** `{ points, labels, box, obj_id, frame_idx, mask }` per object; not together with `frames`. */
  readonly listDictInputs?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly denormalizeCoord?: boolean | undefined;
  readonly returnType?: SegmentationReturn | undefined;
}

/**
 * Calls a segmentation model with the methods of Segment Anything 2.1
 * (`https://clarifai.com/meta/segment-anything/models/sam2_1-hiera-base-plus`).
 *
 * @example
 * const segmenter = new Segmenter(new Model({ url }));
 * const [region] = await segmenter.segment("desk.jpg", { regions: [pointPrompt(0.1, 0.2)] });
 * const mask = await decodeMask(region.mask);
 */
export class Segmenter {
  readonly #model: ModelClient;

  constructor(model: ModelClient) {
    this.#model = model;
  }

  /** Everything that can be told apart in a picture. */
  async everything(image: MediaInput, options: CallOptions = {}): Promise<RegionValue[]> {
    return await this.#model.method<object, RegionValue[]>("segment_anything")({ image }, options);
  }

  /** What the prompts point at. */
  async segment(image: MediaInput, options: SegmentOptions): Promise<RegionValue[]> {
    const { regions, dictInputs, multimaskOutput, denormalizeCoord, roundMask, returnType, ...call } = options;
    const args = {
      image,
      regions,
      dict_inputs: dictInputs,
      round_mask: roundMask,
      multimask_output: multimaskOutput,
      denormalize_coord: denormalizeCoord,
      return_type: returnType,
    };
    return await this.#model.predict<RegionValue[]>(given(args), call);
  }

  /** Follows the prompted objects through a video: a frame at a time, its regions with `trackId` and mask. */
  track(video: MediaInput, options: SegmentVideoOptions): ResultStream<FrameValue, FrameValue[]> {
    const { frames, listDictInputs, denormalizeCoord, returnType, ...call } = options;
    const args = {
      video,
      frames,
      list_dict_inputs: listDictInputs,
      denormalize_coord: denormalizeCoord,
      return_type: returnType,
    };
    return this.#model.generate<FrameValue>(given(args), call);
  }
}

/** What the caller gave; the rest is left to the model's defaults. */
function given(args: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined));
}
