import { extname } from "node:path";
import { parseSource, type SourceInput, throwIfAborted, UnsupportedMediaError } from "@ocellus/core";
import { expandFolder, isFolder, openPicture, openVideo, type Picture } from "@ocellus/media";
import { fetchImage } from "../images/fetch-image.ts";
import { isAsyncIterable } from "../images/image-input.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";

/** What `inferOnStream` reads: a folder of pictures, a video, or anything that yields pictures. */
export type StreamInput = SourceInput | AsyncIterable<SourceInput>;

/** A picture of a stream: its path in a folder, else its index from 0, and its pixels. */
export type StreamFrame = readonly [reference: string | number, frame: Picture];

/**
 * The pictures of a folder (by the configured extensions, sorted by path), the frames of a video, or the pictures of
 * an iterable, decoded one at a time: the next one is opened when the consumer asks for it.
 *
 * @throws what `expandFolder`, `openPicture` and `openVideo` throw
 */
export async function* streamFrames(
  state: ClientState,
  input: StreamInput,
  { signal }: CallOptions,
): AsyncGenerator<StreamFrame, void, undefined> {
  const openUrl = (url: string, limits: { readonly signal: AbortSignal | undefined; readonly maxBytes: number }) =>
    fetchImage(state, url, limits);
  if (isAsyncIterable(input)) {
    let index = 0;
    for await (const entry of input as AsyncIterable<SourceInput>) {
      throwIfAborted(signal);
      yield [index++, await openPicture(parseSource(entry), { signal, openUrl })];
    }
    return;
  }
  const source = parseSource(input, { path: "inputUri" });
  if (source.kind === "path" && isFolder(source.path)) {
    for (const path of await picturesIn(state, source.path, signal)) {
      yield [path, await openPicture(parseSource(path), { signal })];
    }
    return;
  }
  const video = await openVideo(source, { signal, openUrl });
  try {
    const all = Array.from({ length: video.frameCount }, (_, index) => index);
    for await (const { index, picture } of video.frames(all)) yield [index, picture];
  } finally {
    await video.close();
  }
}

async function picturesIn(state: ClientState, folder: string, signal: AbortSignal | undefined): Promise<string[]> {
  const { imageExtensionsForDirectoryScan: configured } = state.configuration;
  const extensions = new Set(configured.map((extension) => `.${extension.toLowerCase().replace(/^\./, "")}`));
  const paths = (await expandFolder(folder, { signal })).filter((path) => extensions.has(extname(path).toLowerCase()));
  if (paths.length > 0) return paths;
  throw new UnsupportedMediaError(
    `The folder '${folder}' holds no pictures with the extensions ${configured.join(", ")} (imageExtensionsForDirectoryScan).`,
  );
}
