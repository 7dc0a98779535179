import type { BatchEntry } from "../batch/batch-run.ts";
import { boxGridSize, type PixelSize } from "../coordinate-space.ts";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { VisionErrorCode } from "../errors/vision-error.ts";
import type { Box } from "../responses/phrase-grounding-response.ts";
import type { PredictionResponse } from "../responses/prediction-response.ts";
import { nameSource } from "./name-source.ts";

/** An entry of a run with the size of its upright picture. */
export interface CocoEntry extends BatchEntry<PredictionResponse> {
  /** In pixels. Needed for every entry that was answered. */
  readonly size?: PixelSize;
}

/** A picture of a COCO file. */
export interface CocoImage {
  /** Index of the entry + 1. */
  readonly id: number;
  /** The source as it was given. */
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
  /** The sentence of phrase grounding, or the text of another answer; no field of COCO's own. */
  readonly caption?: string;
}

/** A box of a COCO file. */
export interface CocoAnnotation {
  readonly id: number;
  readonly image_id: number;
  readonly category_id: number;
  /** `[x, y, width, height]` in pixels, not rounded. */
  readonly bbox: readonly [x: number, y: number, width: number, height: number];
  /** Of the box, in square pixels. */
  readonly area: number;
  readonly iscrowd: 0;
}

/** A phrase that names boxes. */
export interface CocoCategory {
  readonly id: number;
  readonly name: string;
  readonly supercategory: string;
}

/** An entry that failed; no field of COCO's own, readers of COCO skip it. */
export interface CocoError {
  readonly index: number;
  readonly file_name: string;
  readonly code: VisionErrorCode;
  readonly message: string;
}

/** The object form of a COCO detection file (https://cocodataset.org/#format-data). */
export interface CocoDataset {
  readonly info: { readonly description: string; readonly version: string };
  readonly licenses: readonly never[];
  readonly images: readonly CocoImage[];
  readonly annotations: readonly CocoAnnotation[];
  readonly categories: readonly CocoCategory[];
  readonly errors: readonly CocoError[];
}

/**
 * Phrase-grounding answers of a run as a COCO detection data set.
 *
 * Categories are the phrases, in lower case and without surplus white space, sorted by code points: the same answers
 * give the same ids, in whatever order the entries finished. Corners that a model gave in reverse are sorted. Answers of
 * other kinds are pictures without boxes; failed entries are under `errors`.
 *
 * @throws InvalidArgumentError for an answered entry without a usable `size`
 */
export function toCoco(entries: Iterable<CocoEntry>): CocoDataset {
  const sorted = [...entries].sort((a, b) => a.index - b.index);
  const categories = listCategories(sorted);
  const images: CocoImage[] = [];
  const annotations: CocoAnnotation[] = [];
  const errors: CocoError[] = [];
  for (const { index, source, outcome, size } of sorted) {
    const [response, error] = outcome;
    const file_name = nameSource(source);
    if (error !== null) {
      errors.push({ index, file_name, code: error.code, message: error.message });
      continue;
    }
    const { width, height } = checkSize(size, index);
    const id = index + 1;
    images.push({ id, file_name, width, height, ...captionOf(response) });
    for (const { name, box } of boxesOf(response)) {
      const bbox = toBbox(box, { width, height });
      const category_id = categories.get(name)!;
      annotations.push({
        ...{ id: annotations.length + 1, image_id: id, category_id, bbox, area: bbox[2] * bbox[3], iscrowd: 0 },
      });
    }
  }
  return {
    info: { description: "Phrase grounding by Ocellus", version: "1.0" },
    licenses: [],
    images,
    annotations,
    categories: [...categories].map(([name, id]) => ({ id, name, supercategory: "" })),
    errors,
  };
}

/** The names of all categories with their ids, from 1. */
function listCategories(entries: readonly CocoEntry[]): ReadonlyMap<string, number> {
  const names = new Set(entries.flatMap(({ outcome }) => boxesOf(outcome[0]).map(({ name }) => name)));
  // Not by locale: the order must not depend on the machine.
  return new Map([...names].sort().map((name, index) => [name, index + 1]));
}

function boxesOf(response: PredictionResponse | null): readonly { readonly name: string; readonly box: Box }[] {
  if (response?.kind !== "phrase-grounding") return [];
  return response.result.groundings.flatMap(({ phrase, grounding }) => {
    const name = phrase.normalize("NFC").trim().replace(/\s+/g, " ").toLowerCase();
    return grounding.map((box) => ({ name, box }));
  });
}

function captionOf(response: PredictionResponse): { readonly caption?: string } {
  if (response.kind === "phrase-grounding") return { caption: response.result.sentence };
  if (response.kind === "freeform") return { caption: response.result.caption };
  return response.kind === "generic" ? { caption: response.result } : {};
}

function toBbox([x0, y0, x1, y1]: Box, { width, height }: PixelSize): CocoAnnotation["bbox"] {
  const scaleX = width / boxGridSize;
  const scaleY = height / boxGridSize;
  return [
    ...([Math.min(x0, x1) * scaleX, Math.min(y0, y1) * scaleY] as const),
    ...([Math.abs(x1 - x0) * scaleX, Math.abs(y1 - y0) * scaleY] as const),
  ];
}

function checkSize(size: PixelSize | undefined, index: number): PixelSize {
  if (size !== undefined && isSide(size.width) && isSide(size.height)) return size;
  throw new InvalidArgumentError(
    `Entry ${index} needs size: { width, height } of its upright picture in pixels (readPicture gives it); got ${describeValue(size)}.`,
  );
}

function isSide(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
