/** Something to draw on a picture: any of a box, outlines, a mask and key points, all in pixels of the picture. */
export interface LabeledShape {
  /** Text of the label plate; an empty text draws none. */
  readonly label: string;
  /** `#rrggbb`. Default: by the label. */
  readonly color?: string | undefined;
  /** Corners in any order. */
  readonly box?: readonly [x0: number, y0: number, x1: number, y1: number] | undefined;
  /** Outlines, filled by the even-odd rule: an outline within another is a hole. */
  readonly polygons?: readonly (readonly Point[])[] | undefined;
  readonly mask?: ShapeMask | undefined;
  readonly keyPoints?: readonly Point[] | undefined;
  /** Pairs of places in `keyPoints` that a line joins. */
  readonly skeleton?: readonly (readonly [from: number, to: number])[] | undefined;
}

/** A place in pixels, from the top left corner. */
export type Point = readonly [x: number, y: number];

/** A mask over the whole picture, to whose size it is stretched. */
export interface ShapeMask {
  readonly width: number;
  readonly height: number;
  /** Row-major, `width · height` values; those that are not 0 lie inside. */
  readonly data: ArrayLike<number>;
}
