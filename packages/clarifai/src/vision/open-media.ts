import type { ChatPart, ParsedSource } from "@ocellus/core";
import { detectImageFormat, encodeImage, openSource, pictureFromPixels } from "@ocellus/media";

/** A picture or film to send: an address that the server opens, or bytes with their type. */
export type OpenedMedia =
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly mediaType: string };

/** Opens a source for sending: addresses stay addresses, files become bytes, raw pixels PNG. */
export async function openMedia(source: ParsedSource, signal: AbortSignal): Promise<OpenedMedia> {
  if (source.kind === "url") return { kind: "url", url: source.url };
  const opened = await openSource(source, { signal });
  if (opened.kind === "pixels") {
    const bytes = await encodeImage(pictureFromPixels(opened.pixels, { name: opened.label }), { format: "png" });
    return { kind: "bytes", bytes, mediaType: "image/png" };
  }
  return { kind: "bytes", bytes: opened.bytes, mediaType: mediaTypeOf(opened.bytes, source) };
}

function mediaTypeOf(bytes: Uint8Array, source: ParsedSource): string {
  if (source.media === "video") return "video/mp4";
  const format = detectImageFormat(bytes);
  return format === null ? "application/octet-stream" : `image/${format}`;
}

/** The address or data URI of opened media. */
export function uriOf(media: OpenedMedia): string {
  if (media.kind === "url") return media.url;
  return `data:${media.mediaType};base64,${Buffer.from(media.bytes).toString("base64")}`;
}

/** The sources of a part that is no text: one, or the frames of a sampled video. */
export function sourcesOf(part: Exclude<ChatPart, { type: "text" }>): {
  kind: "image" | "video";
  sources: readonly ParsedSource[];
} {
  if ("frames" in part) return { kind: "image", sources: part.frames };
  return { kind: part.type, sources: [part.source] };
}
