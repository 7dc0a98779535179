import { UnsupportedMediaError } from "@ocellus/core";
import type { FilterContext, FilterGraph, Frame } from "node-av/lib";
import type { Picture } from "../image/picture.ts";
import type { NodeAv } from "./load-node-av.ts";

/** Turns decoded frames into upright RGB pictures of one size, with FFmpeg's own filters. */
export class NodeAvConverter {
  readonly #av: NodeAv;
  readonly #size: { readonly width: number; readonly height: number };
  readonly #filters: string;
  readonly #output: Frame;
  #chain: { readonly key: string; readonly graph: FilterGraph; source: FilterContext; sink: FilterContext } | undefined;

  /**
   * @param size of the pictures
   * @param rotation FFmpeg filters that make a frame upright, `""` for none
   */
  constructor(av: NodeAv, size: { readonly width: number; readonly height: number }, rotation: string) {
    this.#av = av;
    this.#size = size;
    const scale = `scale=${size.width}:${size.height}:flags=bicubic,format=rgb24`;
    this.#filters = rotation === "" ? scale : `${rotation},${scale}`;
    this.#output = new av.lib.Frame();
    this.#output.alloc();
  }

  /** @throws UnsupportedMediaError when FFmpeg cannot convert the frame */
  async convert(frame: Frame): Promise<Picture> {
    const { source, sink } = await this.#chainFor(frame);
    const output = this.#output;
    const flags = this.#av.constants.AV_BUFFERSRC_FLAG_KEEP_REF;
    this.#assert(await source.buffersrcAddFrame(frame, flags));
    this.#assert(await sink.buffersinkGetFrame(output));
    try {
      return packRows(output, this.#size);
    } finally {
      output.unref();
    }
  }

  /** Frees the native memory. */
  free(): void {
    this.#chain?.graph.free();
    this.#chain = undefined;
    this.#output.free();
  }

  /** The filters for frames of this kind; a video may change its size or colours on the way. */
  async #chainFor(frame: Frame): Promise<{ readonly source: FilterContext; readonly sink: FilterContext }> {
    const { width, height, format, colorSpace, colorRange } = frame;
    const key = `video_size=${width}x${height}:pix_fmt=${format}:time_base=1/1:pixel_aspect=1/1:colorspace=${colorSpace}:range=${colorRange}`;
    if (this.#chain?.key === key) return this.#chain;
    this.#chain?.graph.free();
    this.#chain = undefined;
    const { lib } = this.#av;
    const graph = new lib.FilterGraph();
    graph.alloc();
    graph.nbThreads = 1;
    try {
      const source = graph.createFilter(lib.Filter.getByName("buffer")!, "in", key)!;
      const sink = graph.createFilter(lib.Filter.getByName("buffersink")!, "out", null)!;
      this.#assert(graph.parsePtr(this.#filters, this.#pad("out", sink), this.#pad("in", source)));
      this.#assert(await graph.config());
      this.#chain = { key, graph, source, sink };
      return this.#chain;
    } catch (error) {
      graph.free();
      throw error;
    }
  }

  #pad(name: string, filter: FilterContext): InstanceType<NodeAv["lib"]["FilterInOut"]> {
    const pad = new this.#av.lib.FilterInOut();
    pad.alloc();
    pad.name = name;
    pad.filterCtx = filter;
    pad.padIdx = 0;
    return pad;
  }

  #assert(status: number): void {
    if (status >= 0) return;
    const reason = new this.#av.lib.FFmpegError(status).message;
    throw new UnsupportedMediaError(`A frame of the video cannot be converted to RGB: ${reason}.`);
  }
}

/** Copies the rows of an RGB frame without the padding between them. */
function packRows(frame: Frame, { width, height }: { readonly width: number; readonly height: number }): Picture {
  const rows = frame.data?.[0];
  const stride = frame.linesize[0] ?? 0;
  const rowBytes = width * 3;
  if (rows === undefined || stride < rowBytes || rows.length < stride * (height - 1) + rowBytes) {
    throw new UnsupportedMediaError(`A frame of the video has no ${width}x${height} RGB pixels after its conversion.`);
  }
  const data = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) data.set(rows.subarray(y * stride, y * stride + rowBytes), y * rowBytes);
  return { data, width, height };
}
