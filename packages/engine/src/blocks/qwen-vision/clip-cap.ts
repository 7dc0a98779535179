import { z } from "zod";
import { parseConfig } from "../../checkpoint/parse-config.ts";

const schema = z.looseObject({
  cap_pixels_per_frame: z.boolean().nullish(),
  max_video_tokens: z.number().int().positive().nullish(),
});

/**
 * The tokens that bound the frames of clips where a video processor's file asks for it (`cap_pixels_per_frame`, as
 * qwen-vl-utils does it; specs/vlm.md B12.2).
 *
 * @param tokens what `max_video_tokens` is where the file says nothing
 * @returns undefined where frames have only their own bounds
 * @throws ModelLoadError when a value is wrong
 */
export function clipCap(json: unknown, file: string, tokens: number): number | undefined {
  const { cap_pixels_per_frame: caps, max_video_tokens } = parseConfig(schema, json, file);
  return caps === true ? (max_video_tokens ?? tokens) : undefined;
}
