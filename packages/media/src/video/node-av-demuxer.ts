import { UnsupportedMediaError } from "@ocellus/core";
import type { FormatContext, Packet, Stream } from "node-av/lib";
import type { NodeAv } from "./load-node-av.ts";
import type { TimeBudget } from "./time-budget.ts";
import { videoContainers } from "./video-containers.ts";

/** A container file that is read packet by packet. */
export interface NodeAvDemuxer {
  readonly stream: Stream;
  /** The next packet of the video stream, to be read before the next call; `null` at the end or where damage begins. */
  next(): Promise<Packet | null>;
  close(): Promise<void>;
}

/**
 * Opens a local file and nothing else: no other protocol, no format that refers to other files.
 *
 * @throws UnsupportedMediaError when it is no container that is read, or has no video
 */
export async function openNodeAvDemuxer(
  av: NodeAv,
  file: { readonly path: string; readonly label: string },
  budget: TimeBudget,
): Promise<NodeAvDemuxer> {
  const { lib } = av;
  const format = new lib.FormatContext();
  format.allocContext();
  const packet = new lib.Packet();
  packet.alloc();
  const close = async (): Promise<void> => {
    packet.free();
    await format.closeInput();
  };
  try {
    const whitelists = { protocol_whitelist: "file", format_whitelist: videoContainers.join(",") };
    const options = lib.Dictionary.fromObject(whitelists);
    assertOpened(av, await budget.step(() => format.openInput(`file:${file.path}`, null, options)), file.label);
    assertOpened(av, await budget.step(() => format.findStreamInfo()), file.label);
    const stream = videoStream(av, format);
    if (stream === undefined) throw new UnsupportedMediaError(`The file ${file.label} has no video stream.`);
    return { stream, next: () => nextPacket(format, packet, stream.index, budget), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function nextPacket(
  format: FormatContext,
  packet: Packet,
  streamIndex: number,
  budget: TimeBudget,
): Promise<Packet | null> {
  for (;;) {
    packet.unref();
    if ((await budget.step(() => format.readFrame(packet))) < 0) return null;
    if (packet.streamIndex === streamIndex) return packet;
  }
}

/** The first video stream that is no cover picture. */
function videoStream({ constants }: NodeAv, format: FormatContext): Stream | undefined {
  const pictures = constants.AV_DISPOSITION_ATTACHED_PIC | constants.AV_DISPOSITION_TIMED_THUMBNAILS;
  return format.streams.find(
    ({ codecpar, disposition }) =>
      codecpar.codecType === constants.AVMEDIA_TYPE_VIDEO && (disposition & pictures) === 0,
  );
}

function assertOpened({ lib }: NodeAv, status: number, label: string): void {
  if (status >= 0) return;
  throw new UnsupportedMediaError(
    `Cannot read the video ${label}: ${new lib.FFmpegError(status).message}. It is damaged, incomplete, or no video.`,
  );
}
