import { UnsupportedMediaError } from "@ocellus/core";
import { videoContainers } from "./video-containers.ts";

/**
 * The arguments that make ffmpeg and ffprobe read one local file and nothing else: no other protocol, no format that
 * refers to other files, and no frame larger than the limit. `file:` keeps a name like `-y` or `http:x` a name.
 */
export function ffmpegInput(path: string, maxFramePixels: number): string[] {
  return [
    ...["-protocol_whitelist", "file", "-format_whitelist", videoContainers.join(",")],
    ...["-max_pixels", String(maxFramePixels), "-i", `file:${path}`],
  ];
}

/** The error for a file that FFmpeg cannot read, with the last line that it said. */
export function unreadableVideo(label: string, path: string, messages: string): UnsupportedMediaError {
  const lines = messages.replaceAll(`file:${path}`, label).replaceAll(path, label).split("\n");
  const last = lines.findLast((line) => line.trim() !== "")?.trim() ?? "the decoder gave no reason";
  const reason = last.startsWith(`${label}: `) ? last.slice(label.length + 2) : last;
  return new UnsupportedMediaError(
    `Cannot read the video ${label}: ${reason.slice(0, 300)}. It is damaged, incomplete, or no video.`,
  );
}
