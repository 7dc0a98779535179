import type { MediaInput, MediaValue } from "./media-values.ts";

/** A label with a score. */
export interface ConceptValue {
  readonly id: string;
  readonly name: string;
  /** Score from 0 to 1, in float32 precision. */
  readonly value: number;
}

/** A concept as an argument: its name alone, or with a score (default 1) and an id (default: made of the name). */
export type ConceptInput =
  | string
  | { readonly name: string; readonly id?: string | undefined; readonly value?: number | undefined };

/** `[xmin, ymin, xmax, ymax]`, as shares of width and height (0 to 1) unless the model says otherwise. */
export type RegionBox = readonly [xmin: number, ymin: number, xmax: number, ymax: number];

/** `[x, y, z]`; x is the column, y the row, as shares of width and height. */
export type RegionPoint = readonly [x: number, y: number, z: number];

/** A part of a picture. */
export interface RegionValue {
  readonly id: string;
  readonly box: RegionBox | null;
  readonly point: RegionPoint | null;
  /** Encoded mask picture (8-bit grey PNG of the size of the picture); see `decodeMask`. */
  readonly mask: MediaValue | null;
  /** Corners `[x, y]` in order; `null` without a polygon. */
  readonly polygon: readonly (readonly [x: number, y: number])[] | null;
  /** Object id that stays the same from frame to frame; `""` without one. */
  readonly trackId: string;
  /** Text that was read in the region; `""` without any. */
  readonly text: string;
  readonly concepts: readonly ConceptValue[];
  /** Score of the region itself; 0 when the model gives none. */
  readonly value: number;
}

/** A region as an argument; every field is optional. */
export interface RegionInput {
  readonly id?: string | undefined;
  readonly box?: readonly number[] | null | undefined;
  /** `[x, y]` or `[x, y, z]`. */
  readonly point?: readonly number[] | null | undefined;
  readonly mask?: MediaInput | null | undefined;
  readonly polygon?: readonly (readonly number[])[] | null | undefined;
  readonly trackId?: string | undefined;
  readonly text?: string | undefined;
  readonly concepts?: readonly ConceptInput[] | undefined;
  readonly value?: number | undefined;
}

/** One frame of a film. */
export interface FrameValue {
  readonly index: number;
  /** Seconds from the start, to the millisecond. */
  readonly time: number;
  readonly image: MediaValue | null;
  readonly regions: readonly RegionValue[];
  readonly concepts: readonly ConceptValue[];
}

/** A frame as an argument; every field is optional. */
export interface FrameInput {
  readonly index?: number | undefined;
  /** Seconds from the start; sent in whole milliseconds. */
  readonly time?: number | undefined;
  readonly image?: MediaInput | null | undefined;
  readonly regions?: readonly RegionInput[] | undefined;
  readonly concepts?: readonly ConceptInput[] | undefined;
}
