import type { SourceInput } from "@ocellus/core";
import {
  type DrawableResponse,
  drawPrediction,
  type EncodeOptions,
  encodeImage,
  type LabeledShape,
} from "@ocellus/media";
import { type ReadPictureOptions, readPicture } from "./read-picture.ts";

/** Options of {@link visualizePrediction}: how the picture is read, and how the result is encoded. */
export interface VisualizePredictionOptions extends ReadPictureOptions, EncodeOptions {
  /** Drawn beside the boxes of the response: boxes, outlines, masks and key points that a `structured` answer holds. */
  readonly shapes?: readonly LabeledShape[] | undefined;
}

/**
 * Draws a response on the picture it is about and encodes the result: boxes with their phrases and a caption strip
 * (`phrase-grounding`), question and answer in a panel (`vqa`), a caption (`freeform`, `generic`), JSON (`structured`),
 * and what the model thought, if it did. The picture may come from anywhere a model reads it: path, URL, data URI, bytes
 * or raw pixels; it is turned upright as its EXIF data say.
 *
 * @returns bytes of a PNG, JPEG or WebP file
 * @throws SourceNotFoundError, UnsupportedMediaError (also for videos), InvalidArgumentError, AbortedError;
 * ConnectionError, ApiCallError or TimeoutError for URLs; MissingDependencyError
 *
 * @example
 * const [response, error] = await model({ source: "desk.jpg", task: "phrase-grounding" });
 * if (error) throw error;
 * await writeFile("desk-boxes.webp", await visualizePrediction("desk.jpg", response, { format: "webp" }));
 */
export async function visualizePrediction(
  source: SourceInput,
  response: DrawableResponse,
  options: VisualizePredictionOptions = {},
): Promise<Uint8Array> {
  const { format, quality, shapes, ...reading } = options;
  const picture = await readPicture(source, reading);
  return await encodeImage(await drawPrediction(picture, response, shapes), { format, quality });
}
