import type { Canvas, SKRSContext2D } from "@napi-rs/canvas";
import type { Picture } from "../image/picture.ts";

/** Paints an RGB picture with its top left corner at (`left`, `top`), pixel for pixel. */
export function paintPicture(
  context: SKRSContext2D,
  { data, width, height }: Picture,
  left: number,
  top: number,
): void {
  const image = context.createImageData(width, height);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    image.data[to] = data[from]!;
    image.data[to + 1] = data[from + 1]!;
    image.data[to + 2] = data[from + 2]!;
    image.data[to + 3] = 255;
  }
  context.putImageData(image, left, top);
}

/** Reads an opaque canvas back as an RGB picture. */
export function pictureOfCanvas({ width, height }: Canvas, context: SKRSContext2D): Picture {
  const rgba = context.getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < data.length; from += 4, to += 3) {
    data[to] = rgba[from]!;
    data[to + 1] = rgba[from + 1]!;
    data[to + 2] = rgba[from + 2]!;
  }
  return { data, width, height };
}
