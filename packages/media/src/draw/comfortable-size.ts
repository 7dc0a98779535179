import type { Picture } from "../image/picture.ts";
import { resamplePillow } from "../image/resample-pillow.ts";

/** Pictures whose longer side is below this are enlarged before drawing, so that labels are legible. */
const comfortableSide = 640;
/** Pictures whose longer side is above this are reduced: nobody looks at an annotated picture at that size. */
const largestSide = 4096;

/** A picture at a size to draw on, and the sizes of what is drawn, in pixels. */
export interface DrawingBase {
  readonly picture: Picture;
  /** Size of the text. */
  readonly fontSize: number;
  /** Width of the lines of a box. */
  readonly lineWidth: number;
}

/** Enlarges small pictures by a whole factor, reduces huge ones, and chooses text size and line width to match. */
export function fitForDrawing(picture: Picture): DrawingBase {
  const longer = Math.max(picture.width, picture.height);
  const factor = longer < comfortableSide ? Math.ceil(comfortableSide / longer) : Math.min(1, largestSide / longer);
  const size = {
    width: Math.max(1, Math.round(picture.width * factor)),
    height: Math.max(1, Math.round(picture.height * factor)),
  };
  const fontSize = Math.round(Math.min(64, Math.max(18, Math.sqrt(size.width * size.height) / 44)));
  const lineWidth = Math.max(2, Math.round(fontSize / 5.5));
  return { picture: resamplePillow(picture, size, "lanczos"), fontSize, lineWidth };
}
