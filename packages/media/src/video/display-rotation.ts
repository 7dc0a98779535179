/** How decoded frames must be turned to be upright. */
export interface DisplayRotation {
  /** FFmpeg filters that turn a frame, `""` for none. */
  readonly filters: string;
  /** Whether width and height change places. */
  readonly swapsSides: boolean;
}

const upright: DisplayRotation = { filters: "", swapsSides: false };

/**
 * Reads a display matrix as the ffmpeg program does when it turns videos by itself (libavutil/display.c
 * `av_display_rotation_get`; fftools/ffmpeg_filter.c `configure_input_video_filter`). Angles other than quarter turns
 * are left as they are.
 *
 * @param matrix nine 32-bit integers in the machine's byte order, row by row; `null` when the file has none
 */
export function displayRotation(matrix: Uint8Array | null): DisplayRotation {
  if (matrix === null || matrix.length < 36) return upright;
  const [a = 0, b = 0, , c = 0, d = 0] = new Int32Array(Uint8Array.from(matrix.subarray(0, 36)).buffer);
  const filters = filtersFor(clockwiseQuarterTurns(a, b, c, d), a, c, d);
  return { filters, swapsSides: filters.startsWith("transpose") };
}

/** Quarter turns, 0–3; a fraction for other angles, `NaN` for a matrix that makes nothing visible. */
function clockwiseQuarterTurns(a: number, b: number, c: number, d: number): number {
  const degrees = (Math.atan2(b / Math.hypot(b, d), a / Math.hypot(a, c)) * 180) / Math.PI;
  return ((Math.round(degrees) + 360) % 360) / 90;
}

function filtersFor(turns: number, a: number, c: number, d: number): string {
  if (turns === 1) return c > 0 ? "transpose=cclock_flip" : "transpose=clock";
  if (turns === 3) return c < 0 ? "transpose=clock_flip" : "transpose=cclock";
  if (turns === 2) return [...(a < 0 ? ["hflip"] : []), ...(d < 0 ? ["vflip"] : [])].join(",");
  return turns === 0 && d < 0 ? "vflip" : "";
}
