import { UnsupportedMediaError } from "@ocellus/core";
import { ffmpegInput, unreadableVideo } from "./ffmpeg-input.ts";
import { missingFfmpeg } from "./missing-video-backend.ts";
import { startProgram } from "./run-program.ts";
import type { TimeBudget } from "./time-budget.ts";
import type { ReportedVideo } from "./video-limits.ts";

/** What ffprobe tells. */
export interface ProbedVideo extends ReportedVideo {
  /** Major and minor version of FFmpeg; `undefined` for builds that are not numbered. */
  readonly ffmpegVersion: readonly [major: number, minor: number] | undefined;
}

const maxAnswerBytes = 1024 * 1024;

/**
 * Asks ffprobe for the first video stream that is no cover picture. Its packets are counted by reading the file:
 * headers may lie or miss the number.
 *
 * @throws UnsupportedMediaError for what is no readable video; MissingDependencyError when ffprobe does not start
 */
export async function probeWithFfmpeg(
  ffprobe: string,
  file: { readonly path: string; readonly label: string },
  { maxFramePixels, budget }: { readonly maxFramePixels: number; readonly budget: TimeBudget },
): Promise<ProbedVideo> {
  const entries =
    "stream=width,height,avg_frame_rate,r_frame_rate,nb_read_packets:stream_tags=rotate:stream_side_data=rotation";
  const program = startProgram(ffprobe, [
    ...["-v", "error", "-of", "json", "-show_program_version", "-select_streams", "V:0", "-count_packets"],
    ...["-show_entries", `${entries}:program_version=version`],
    ...ffmpegInput(file.path, maxFramePixels),
  ]);
  try {
    const text = await budget.wait(readText(program.stdout));
    const { status, startError } = await budget.wait(program.ended);
    if (startError !== undefined) throw missingFfmpeg("ffprobe", startError);
    const answer = status === 0 && text !== undefined ? parseAnswer(text) : undefined;
    if (answer === undefined) throw unreadableVideo(file.label, file.path, program.messages());
    return readProbe(answer, file.label);
  } finally {
    await program.kill();
  }
}

/** The whole output, or `undefined` when it is larger than any true answer. */
async function readText(stream: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > maxAnswerBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseAnswer(text: string): ProbeAnswer | undefined {
  try {
    return (JSON.parse(text) as ProbeAnswer | null) ?? undefined;
  } catch {
    return undefined;
  }
}

interface ProbeAnswer {
  readonly program_version?: { readonly version?: string };
  readonly streams?: readonly {
    readonly width?: number;
    readonly height?: number;
    readonly avg_frame_rate?: string;
    readonly r_frame_rate?: string;
    readonly nb_read_packets?: string;
    readonly tags?: { readonly rotate?: string };
    readonly side_data_list?: readonly { readonly rotation?: number }[];
  }[];
}

function readProbe(answer: ProbeAnswer, label: string): ProbedVideo {
  const stream = answer.streams?.[0];
  if (stream === undefined) throw new UnsupportedMediaError(`The file ${label} has no video stream.`);
  const rotation = stream.side_data_list?.find((data) => data.rotation !== undefined)?.rotation;
  const turned = Math.abs(Math.round(Number(rotation ?? stream.tags?.rotate ?? 0))) % 180 === 90;
  const { width = 0, height = 0 } = stream;
  const version = /^n?(\d+)\.(\d+)/.exec(answer.program_version?.version ?? "");
  return {
    width: turned ? height : width,
    height: turned ? width : height,
    frameCount: Number(stream.nb_read_packets ?? 0),
    fps: readRate(stream.avg_frame_rate) || readRate(stream.r_frame_rate),
    ffmpegVersion: version === null ? undefined : [Number(version[1]), Number(version[2])],
  };
}

/** `"30000/1001"` as a number; 0 for `"0/0"` and anything else. */
function readRate(rate: string | undefined): number {
  const [numerator, denominator] = (rate ?? "").split("/").map(Number);
  const value = (numerator ?? 0) / (denominator ?? 1);
  return Number.isFinite(value) ? value : 0;
}
