import { UnsupportedMediaError } from "@ocellus/core";
import { loadSharp } from "../image/load-sharp.ts";
import { createVideoReader } from "./create-video-reader.ts";
import type { TimeBudget } from "./time-budget.ts";
import { checkVideo, type VideoLimits } from "./video-limits.ts";
import type { VideoFrame, VideoReader } from "./video-reader.ts";

/** Bytes of frames that are decoded at once: every decoding of a later frame passes through all earlier ones. */
const bytesAtOnce = 64 * 1024 * 1024;

/** Frame rate of an animation whose frames have no duration: what browsers make of it. */
const undatedFps = 10;

/**
 * Opens an animated GIF or WebP as a video. Frames are whole pictures (partial ones are laid over those before); alpha
 * is dropped. Needs no FFmpeg.
 *
 * @throws UnsupportedMediaError for damaged data or what exceeds a limit
 */
export async function openAnimation(
  bytes: Uint8Array,
  label: string,
  { limits, budget }: { readonly limits: VideoLimits; readonly budget: TimeBudget },
): Promise<VideoReader> {
  const sharp = await loadSharp();
  /** Waits for sharp; what it throws says that the data is damaged. */
  const decoded = <Value>(work: Promise<Value>): Promise<Value> => {
    const typed = work.catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message.split("\n")[0] : String(cause);
      throw new UnsupportedMediaError(
        `Cannot read the animation ${label}: its data is damaged or incomplete (${reason}).`,
        { cause },
      );
    });
    return budget.wait(typed);
  };
  const metadata = await decoded(sharp(bytes, { limitInputPixels: false }).metadata());
  const { width, pages: frameCount = 1, delay = [] } = metadata;
  const height = metadata.pageHeight ?? metadata.height;
  const totalMs = delay.reduce((sum, ms) => sum + ms, 0);
  const fps = totalMs > 0 ? (1000 * frameCount) / totalMs : undatedFps;
  const facts = checkVideo({ width, height, frameCount, fps }, label, limits);
  const frameBytes = width * height * 3;
  const pagesAtOnce = Math.max(1, Math.floor(bytesAtOnce / frameBytes));

  async function* frames(indices: readonly number[]): AsyncGenerator<VideoFrame, void, undefined> {
    for (let page = 0; page < frameCount; page += pagesAtOnce) {
      const pages = Math.min(pagesAtOnce, frameCount - page);
      const chosen = indices.filter((index) => index >= page && index < page + pages);
      if (chosen.length === 0) continue;
      const input = { page, pages, failOn: "truncated", limitInputPixels: false, ignoreIcc: true } as const;
      const raw = await decoded(sharp(bytes, input).toColourspace("srgb").removeAlpha().raw().toBuffer());
      for (const index of chosen) {
        const offset = (index - page) * frameBytes;
        yield { index, picture: { data: Uint8Array.from(raw.subarray(offset, offset + frameBytes)), width, height } };
      }
    }
  }
  return createVideoReader(facts, label, { frames, close: async () => undefined });
}
