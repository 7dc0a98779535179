import { parseSource, type SourceInput } from "@ocellus/core";
import { fetchUrlSafely } from "@ocellus/http";
import { type OpenUrl, openPicture, type Picture } from "@ocellus/media";

/** Options of {@link readPicture}. */
export interface ReadPictureOptions {
  readonly signal?: AbortSignal | undefined;
  /** Open `http(s)` sources at private, loopback and link-local addresses too. Default false. */
  readonly allowPrivateAddresses?: boolean | undefined;
}

/**
 * Opens any still picture that a model can be asked about (path, URL, data URI, bytes, raw pixels) as upright RGB pixels,
 * for example to draw a response on it.
 *
 * @throws SourceNotFoundError, UnsupportedMediaError, InvalidArgumentError, AbortedError; ConnectionError, ApiCallError or
 * TimeoutError for URLs
 *
 * @example
 * const picture = await readPicture("desk.jpg");
 * await writeFile("desk-boxes.png", await encodeImage(await drawPrediction(picture, response)));
 */
export async function readPicture(source: SourceInput, options: ReadPictureOptions = {}): Promise<Picture> {
  const { signal, allowPrivateAddresses = false } = options;
  const openUrl: OpenUrl = async (url, limits) =>
    (await fetchUrlSafely(url, { ...limits, allowPrivateAddresses })).bytes;
  return await openPicture(parseSource(source), { signal, openUrl });
}
