import { UnsupportedMediaError } from "@ocellus/core";
import type { CodecContext, Frame } from "node-av/lib";
import type { NodeAv } from "./load-node-av.ts";
import type { NodeAvDemuxer } from "./node-av-demuxer.ts";
import type { TimeBudget } from "./time-budget.ts";

/**
 * Decodes the packets of a demuxer in order. Each frame is valid until the next one is asked for. Packets that do not
 * decode are left out, as the ffmpeg program does.
 *
 * @throws UnsupportedMediaError when there is no decoder for the codec
 */
export async function* decodedFrames(
  av: NodeAv,
  demuxer: NodeAvDemuxer,
  options: { readonly label: string; readonly maxFramePixels: number; readonly budget: TimeBudget },
): AsyncGenerator<Frame, void, undefined> {
  const { budget } = options;
  const decoder = await openDecoder(av, demuxer, options);
  const frame = new av.lib.Frame();
  frame.alloc();
  try {
    for (;;) {
      const packet = await demuxer.next();
      await budget.step(() => decoder.sendPacket(packet));
      while ((await budget.step(() => decoder.receiveFrame(frame))) >= 0) {
        yield frame;
        frame.unref();
      }
      if (packet === null) return;
    }
  } finally {
    frame.free();
    decoder.freeContext();
  }
}

async function openDecoder(
  { lib }: NodeAv,
  { stream }: NodeAvDemuxer,
  {
    label,
    maxFramePixels,
    budget,
  }: { readonly label: string; readonly maxFramePixels: number; readonly budget: TimeBudget },
): Promise<CodecContext> {
  const codec = lib.Codec.findDecoder(stream.codecpar.codecId);
  if (codec === null) {
    const name = stream.codecpar.codecTagString ?? `number ${stream.codecpar.codecId}`;
    throw new UnsupportedMediaError(`There is no decoder for the video ${label} (codec ${name}).`);
  }
  const context = new lib.CodecContext();
  context.allocContext3(codec);
  try {
    stream.codecpar.toContext(context);
    context.pktTimebase = stream.timeBase;
    const options = lib.Dictionary.fromObject({ max_pixels: maxFramePixels });
    const status = await budget.step(() => context.open2(codec, options));
    if (status >= 0) return context;
    throw new UnsupportedMediaError(
      `The decoder for the video ${label} does not start: ${new lib.FFmpegError(status).message}.`,
    );
  } catch (error) {
    context.freeContext();
    throw error;
  }
}
