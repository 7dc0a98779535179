import type { Picture } from "./picture.ts";
import { coefficientBits, computeAxisCoefficients } from "./resample-coefficients.ts";
import type { ResampleKernel } from "./resample-filter.ts";

const half = 1 << (coefficientBits - 1);

/**
 * Horizontal pass of the resampler: resizes every row to `width`. Two rows at a time share the reading of the weights.
 * Sums stay within int32 by the choice of `coefficientBits`, and a clamped array clips the results to 8 bits.
 */
export function resampleRows(picture: Picture, width: number, kernel: ResampleKernel): Picture {
  if (width === picture.width) return picture;
  const { data: source, height } = picture;
  const { starts, counts, weights, stride } = computeAxisCoefficients(picture.width, width, kernel);
  const result = new Uint8ClampedArray(width * height * 3);
  const sourceRow = picture.width * 3;
  const resultRow = width * 3;
  for (let y = 0; y < height; y += 2) {
    // The last row of an odd height is its own partner: computed twice, written twice.
    const hasPartner = y + 1 < height;
    const partner = hasPartner ? sourceRow : 0;
    const resultPartner = hasPartner ? resultRow : 0;
    const row = y * sourceRow;
    let out = y * resultRow;
    for (let x = 0; x < width; x++, out += 3) {
      let red = half;
      let green = half;
      let blue = half;
      let redBelow = half;
      let greenBelow = half;
      let blueBelow = half;
      let at = (row + starts[x]! * 3) | 0;
      let w = (x * stride) | 0;
      const end = (w + counts[x]!) | 0;
      for (; w < end; w++, at += 3) {
        const weight = weights[w]!;
        const below = (at + partner) | 0;
        red = (red + Math.imul(source[at]!, weight)) | 0;
        green = (green + Math.imul(source[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(source[at + 2]!, weight)) | 0;
        redBelow = (redBelow + Math.imul(source[below]!, weight)) | 0;
        greenBelow = (greenBelow + Math.imul(source[below + 1]!, weight)) | 0;
        blueBelow = (blueBelow + Math.imul(source[below + 2]!, weight)) | 0;
      }
      result[out] = red >> coefficientBits;
      result[out + 1] = green >> coefficientBits;
      result[out + 2] = blue >> coefficientBits;
      const outBelow = out + resultPartner;
      result[outBelow] = redBelow >> coefficientBits;
      result[outBelow + 1] = greenBelow >> coefficientBits;
      result[outBelow + 2] = blueBelow >> coefficientBits;
    }
  }
  return { data: new Uint8Array(result.buffer), width, height };
}
