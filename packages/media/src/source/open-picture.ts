import type { ParsedSource } from "@ocellus/core";
import { type DecodeOptions, decodeImage, pictureFromPixels } from "../image/decode-image.ts";
import type { Picture } from "../image/picture.ts";
import { type OpenSourceOptions, openSource } from "./open-source.ts";

/**
 * Opens and decodes a source that is a still picture: {@link openSource}, then `decodeImage` or `pictureFromPixels`,
 * with the source's label in every message.
 *
 * @throws what those three throw
 */
export async function openPicture(
  source: ParsedSource,
  options: OpenSourceOptions & Pick<DecodeOptions, "maxPixels" | "alpha" | "grey16"> = {},
): Promise<Picture> {
  const opened = await openSource(source, options);
  const { maxPixels, alpha, grey16, signal } = options;
  const decodeOptions: DecodeOptions = {
    name: opened.label,
    ...(maxPixels === undefined ? {} : { maxPixels }),
    ...(alpha === undefined ? {} : { alpha }),
    ...(grey16 === undefined ? {} : { grey16 }),
    ...(signal === undefined ? {} : { signal }),
  };
  if (opened.kind === "pixels") return pictureFromPixels(opened.pixels, decodeOptions);
  return await decodeImage(opened.bytes, decodeOptions);
}
