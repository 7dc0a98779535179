import type { Picture } from "../image/picture.ts";
import { ffmpegInput, unreadableVideo } from "./ffmpeg-input.ts";
import { missingFfmpeg } from "./missing-video-backend.ts";
import type { ProbedVideo } from "./probe-with-ffmpeg.ts";
import { type RunningProgram, startProgram } from "./run-program.ts";
import type { TimeBudget } from "./time-budget.ts";
import type { VideoFrame } from "./video-reader.ts";

/** Frames that one ffmpeg is asked for: the filter expression names each of them, and an argument has limits. */
const framesPerRun = 2000;

/** A video file for {@link ffmpegFrames}. */
export interface FfmpegVideo {
  readonly ffmpeg: string;
  readonly path: string;
  readonly label: string;
  readonly probed: ProbedVideo;
  readonly maxFramePixels: number;
  readonly budget: TimeBudget;
  /** Programs that run, for whoever closes the video meanwhile. */
  readonly running: Set<RunningProgram>;
}

/**
 * Decodes frames by an ffmpeg process that writes raw RGB into a pipe. It decodes from the start (seeking is not
 * exact in every container), but only chosen frames are converted and sent. Rotation and colours are those of ffmpeg.
 *
 * @throws UnsupportedMediaError when the decoder fails before the first frame
 */
export async function* ffmpegFrames(
  video: FfmpegVideo,
  indices: readonly number[],
): AsyncGenerator<VideoFrame, void, undefined> {
  let seen = false;
  for (let start = 0; start < indices.length; start += framesPerRun) {
    const chosen = indices.slice(start, start + framesPerRun);
    const program = startProgram(video.ffmpeg, frameArguments(video, chosen));
    video.running.add(program);
    try {
      let place = 0;
      for await (const data of rawFrames(program, video)) {
        seen = true;
        const { width, height } = video.probed;
        const picture: Picture = { data, width, height };
        yield { index: chosen[place++]!, picture };
      }
      const { startError } = await video.budget.wait(program.ended);
      if (startError !== undefined) throw missingFfmpeg("ffmpeg", startError);
      if (!seen) throw unreadableVideo(video.label, video.path, program.messages());
    } finally {
      await program.kill();
      video.running.delete(program);
    }
  }
}

function frameArguments({ path, probed, maxFramePixels }: FfmpegVideo, chosen: readonly number[]): string[] {
  const { width, height, ffmpegVersion } = probed;
  const select = chosen.map((index) => `eq(n,${index})`).join("+");
  const isOld =
    ffmpegVersion !== undefined && (ffmpegVersion[0] < 5 || (ffmpegVersion[0] === 5 && ffmpegVersion[1] < 1));
  return [
    ...["-nostdin", "-hide_banner", "-v", "error"],
    ...ffmpegInput(path, maxFramePixels),
    ...["-map", "0:V:0", "-vf", `select='${select}',scale=${width}:${height}:flags=bicubic,format=rgb24`],
    // Frames come out as they are chosen, none repeated or dropped for the sake of a constant rate.
    ...[isOld ? "-vsync" : "-fps_mode", "passthrough"],
    ...["-frames:v", String(chosen.length), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  ];
}

/** Cuts the output into frames; an incomplete one at the end is dropped. */
async function* rawFrames(program: RunningProgram, video: FfmpegVideo): AsyncGenerator<Uint8Array> {
  const frameBytes = video.probed.width * video.probed.height * 3;
  const chunks = program.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let frame = new Uint8Array(frameBytes);
  let filled = 0;
  for (;;) {
    const { done, value } = await video.budget.wait(chunks.next());
    if (done) return;
    for (let offset = 0; offset < value.length; ) {
      const part = value.subarray(offset, offset + frameBytes - filled);
      frame.set(part, filled);
      filled += part.length;
      offset += part.length;
      if (filled < frameBytes) continue;
      yield frame;
      frame = new Uint8Array(frameBytes);
      filled = 0;
    }
  }
}
