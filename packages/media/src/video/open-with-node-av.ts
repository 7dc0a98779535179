import { UnsupportedMediaError } from "@ocellus/core";
import { createVideoReader } from "./create-video-reader.ts";
import { type DisplayRotation, displayRotation } from "./display-rotation.ts";
import type { NodeAv } from "./load-node-av.ts";
import type { LocalVideoFile } from "./local-video-file.ts";
import { NodeAvConverter } from "./node-av-converter.ts";
import { decodedFrames } from "./node-av-decoder.ts";
import { openNodeAvDemuxer } from "./node-av-demuxer.ts";
import type { TimeBudget } from "./time-budget.ts";
import { checkVideo, type ReportedVideo, type VideoLimits } from "./video-limits.ts";
import type { VideoFrame, VideoReader } from "./video-reader.ts";

/** A file and the limits under which it is read. */
interface NodeAvVideo {
  readonly av: NodeAv;
  readonly file: LocalVideoFile;
  readonly limits: VideoLimits;
  readonly budget: TimeBudget;
}

/**
 * Opens a video with the FFmpeg libraries inside `node-av`, in this process.
 *
 * @throws UnsupportedMediaError, TimeoutError, AbortedError
 */
export async function openWithNodeAv(
  file: LocalVideoFile,
  av: NodeAv,
  options: { readonly limits: VideoLimits; readonly budget: TimeBudget },
): Promise<VideoReader> {
  const video: NodeAvVideo = { av, file, ...options };
  const { reported, rotation } = await probe(video);
  const facts = checkVideo(reported, file.label, options.limits);
  return createVideoReader(facts, file.label, {
    frames: (indices) => chosenFrames(video, { ...facts, rotation }, indices),
    close: () => file.remove(),
  });
}

/** Reads the header and counts the packets of the video stream: headers may lie or miss the number. */
async function probe({ av, file, budget }: NodeAvVideo): Promise<{
  readonly reported: ReportedVideo;
  readonly rotation: DisplayRotation;
}> {
  const demuxer = await openNodeAvDemuxer(av, file, budget);
  try {
    const { codecpar, avgFrameRate, rFrameRate } = demuxer.stream;
    const rotation = displayRotation(codecpar.getCodedSideData(av.constants.AV_PKT_DATA_DISPLAYMATRIX));
    const { width, height } = codecpar;
    const fps = rate(avgFrameRate) || rate(rFrameRate);
    let frameCount = 0;
    while ((await demuxer.next()) !== null) frameCount++;
    const upright = rotation.swapsSides ? { width: height, height: width } : { width, height };
    return { reported: { ...upright, frameCount, fps }, rotation };
  } finally {
    await demuxer.close();
  }
}

function rate({ num, den }: { readonly num: number; readonly den: number }): number {
  return den === 0 ? 0 : num / den;
}

async function* chosenFrames(
  { av, file, limits, budget }: NodeAvVideo,
  shape: { readonly width: number; readonly height: number; readonly rotation: DisplayRotation },
  indices: readonly number[],
): AsyncGenerator<VideoFrame, void, undefined> {
  const wanted = new Set(indices);
  const last = indices.at(-1)!;
  const demuxer = await openNodeAvDemuxer(av, file, budget);
  const converter = new NodeAvConverter(av, shape, shape.rotation.filters);
  try {
    let index = 0;
    let seen = false;
    for await (const frame of decodedFrames(av, demuxer, { ...limits, label: file.label, budget })) {
      if (wanted.has(index)) {
        seen = true;
        yield { index, picture: await budget.step(() => converter.convert(frame)) };
      }
      if (index++ === last) break;
    }
    if (!seen) throw new UnsupportedMediaError(`No frame of the video ${file.label} can be decoded; it is damaged.`);
  } finally {
    converter.free();
    await demuxer.close();
  }
}
