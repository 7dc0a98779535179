import type { Picture } from "./picture.ts";

/** What a decoder found in a file, upright, before conversion to 8-bit RGB. */
export interface DecodedSamples {
  /** Interleaved samples, row-major: 8 bits, 16 bits, or floats on the 0–255 scale. */
  readonly data: Uint8Array | Uint16Array | Float32Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey, 2 grey + alpha, 3 RGB, 4 RGBA or CMYK. */
  readonly channels: number;
  readonly isCmyk?: boolean;
}

/** How samples that RGB cannot hold are treated. */
export interface SampleConversion {
  /** `drop` forgets alpha, as Pillow's `convert("RGB")`; `white` composites on white, as Pillow's `alpha_composite`. */
  readonly alpha: "drop" | "white";
  /** 16-bit grey: `clip` at 255, as Pillow, or `scale` to 8 bits. */
  readonly grey16: "clip" | "scale";
}

/** Converts decoded samples to 8-bit RGB with Pillow's arithmetic. 8-bit RGB passes through without a copy. */
export function samplesToRgb(samples: DecodedSamples, { alpha, grey16 }: SampleConversion): Picture {
  const { width, height, channels, isCmyk } = samples;
  const bytes = toBytes(samples, grey16);
  if (isCmyk) return { data: cmykToRgb(bytes, width * height), width, height };
  if (channels === 3) return { data: bytes, width, height };
  const isGrey = channels < 3;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += channels, to += 3) {
    data[to] = bytes[from]!;
    data[to + 1] = bytes[isGrey ? from : from + 1]!;
    data[to + 2] = bytes[isGrey ? from : from + 2]!;
  }
  if (alpha === "white" && channels % 2 === 0) compositeOnWhite(data, bytes, channels);
  return { data, width, height };
}

function toBytes({ data, channels }: DecodedSamples, grey16: "clip" | "scale"): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (data instanceof Float32Array) return Uint8Array.from(data, (value) => Math.max(0, Math.min(255, value)));
  const clips = channels === 1 && grey16 === "clip";
  const bytes = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) bytes[i] = clips ? Math.min(255, data[i]!) : data[i]! >> 8;
  return bytes;
}

/** `cmyk2rgb` of Pillow's `Convert.c`: multiplies by what black leaves, without a colour profile. */
function cmykToRgb(cmyk: Uint8Array, pixels: number): Uint8Array {
  const data = new Uint8Array(pixels * 3);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const white = 255 - cmyk[pixel * 4 + 3]!;
    for (let c = 0; c < 3; c++) {
      const product = cmyk[pixel * 4 + c]! * white + 128;
      data[pixel * 3 + c] = white - (((product >> 8) + product) >> 8);
    }
  }
  return data;
}

/** Pillow's `AlphaComposite.c` with an opaque white background: 6-bit fixed point, division by 255 by shifts. */
function compositeOnWhite(rgb: Uint8Array, source: Uint8Array, channels: number): void {
  for (let to = 0, at = channels - 1; to < rgb.length; to += 3, at += channels) {
    const opacity = source[at]! << 6;
    const background = 255 * ((255 << 6) - opacity);
    for (let c = to; c < to + 3; c++) {
      const sum = rgb[c]! * opacity + background + (0x80 << 6);
      rgb[c] = (((sum >> 8) + sum) >> 8) >> 6;
    }
  }
}
