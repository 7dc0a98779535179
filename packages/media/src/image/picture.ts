/**
 * A decoded picture: upright 8-bit sRGB samples, row-major, three interleaved channels.
 * `data.length` is exactly `width * height * 3`.
 */
export interface Picture {
  /** RGBRGB… of the top row first. */
  readonly data: Uint8Array;
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
}
