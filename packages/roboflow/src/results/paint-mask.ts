import type { Picture } from "@ocellus/media";

/** Red, green and blue of a `#rrggbb` colour. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Reads `#rrggbb`. */
export const rgbOf = (color: string): Rgb => {
  const value = Number.parseInt(color.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
};

/** Share of the colour in a painted pixel. */
const opacity = 0.45;

/** Blends a colour into one pixel of a picture whose data may be changed. */
export function blendPixel({ data }: Picture, index: number, color: Rgb): void {
  for (let channel = 0; channel < 3; channel++) {
    const at = index * 3 + channel;
    data[at] = Math.round(data[at]! * (1 - opacity) + color[channel]! * opacity);
  }
}

/**
 * Fills a polygon by the even-odd rule, sampled at pixel centres; what lies outside of the picture is left out.
 *
 * @param points corners in pixels
 */
export function fillPolygon(picture: Picture, points: readonly (readonly [x: number, y: number])[], color: Rgb): void {
  const { width, height } = picture;
  const ys = points.map(([, y]) => y);
  const top = Math.max(0, Math.floor(Math.min(...ys)));
  const bottom = Math.min(height - 1, Math.ceil(Math.max(...ys)));
  for (let y = top; y <= bottom; y++) {
    const crossings = crossingsAt(points, y + 0.5);
    for (let i = 0; i + 1 < crossings.length; i += 2) {
      const left = Math.max(0, Math.ceil(crossings[i]! - 0.5));
      const right = Math.min(width - 1, Math.floor(crossings[i + 1]! - 0.5));
      for (let x = left; x <= right; x++) blendPixel(picture, y * width + x, color);
    }
  }
}

function crossingsAt(points: readonly (readonly [number, number])[], y: number): number[] {
  const crossings: number[] = [];
  for (const [i, [x0, y0]] of points.entries()) {
    const [x1, y1] = points[(i + 1) % points.length]!;
    if (y0 <= y !== y1 <= y) crossings.push(x0 + ((y - y0) / (y1 - y0)) * (x1 - x0));
  }
  return crossings.sort((a, b) => a - b);
}

/** Blends a colour into the pixels of a mask (one byte a pixel, row by row), which may be smaller than the picture. */
export function fillMask(
  picture: Picture,
  mask: { readonly pixels: ArrayLike<number>; readonly width: number; readonly height: number },
  colorOf: (value: number) => Rgb | null,
): void {
  const { width, height } = picture;
  for (let y = 0; y < height; y++) {
    const row = Math.floor(((y + 0.5) * mask.height) / height) * mask.width;
    for (let x = 0; x < width; x++) {
      const color = colorOf(mask.pixels[row + Math.floor(((x + 0.5) * mask.width) / width)]!);
      if (color !== null) blendPixel(picture, y * width + x, color);
    }
  }
}

/** Paints a small square around a point. */
export function paintPoint({ data, width, height }: Picture, x: number, y: number, color: Rgb): void {
  const radius = Math.max(1, Math.round(Math.min(width, height) / 120));
  for (let row = Math.round(y) - radius; row <= Math.round(y) + radius; row++) {
    for (let column = Math.round(x) - radius; column <= Math.round(x) + radius; column++) {
      if (row >= 0 && row < height && column >= 0 && column < width) data.set(color, (row * width + column) * 3);
    }
  }
}
