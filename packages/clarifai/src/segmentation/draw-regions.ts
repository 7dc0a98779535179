import { assignColors, drawShapes, type LabeledShape, type Picture, type Point } from "@ocellus/media";
import type { RegionValue } from "../values/annotation-values.ts";
import { decodeMask } from "./binary-mask.ts";

/**
 * Draws regions on a copy of a picture: masks, outlines, boxes, points, labels (object id, first concept and its score, or text).
 * Masks of another size are stretched to the picture.
 *
 * @throws UnsupportedMediaError for a damaged mask; MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawRegions(picture: Picture, regions: readonly RegionValue[]): Promise<Picture> {
  const colorOf = assignColors(regions.map(nameOf));
  const shapes: LabeledShape[] = [];
  for (const region of regions) {
    const { box, mask, polygon, point } = region;
    shapes.push({
      label: labelOf(region),
      color: colorOf(nameOf(region)),
      box: box === null ? undefined : toPixels(box, picture),
      polygons: polygon === null ? [] : [polygon.map(([x, y]): Point => [x * picture.width, y * picture.height])],
      keyPoints: point === null ? [] : [[point[0] * picture.width, point[1] * picture.height]],
      mask: mask === null || mask.bytes.length === 0 ? undefined : await decodeMask(mask),
    });
  }
  return await drawShapes(picture, shapes);
}

function nameOf({ trackId, id, concepts }: RegionValue): string {
  return trackId || concepts[0]?.name || id;
}

function labelOf({ trackId, text, concepts }: RegionValue): string {
  const concept = concepts[0];
  const scored = concept === undefined ? "" : `${concept.name} ${Math.round(concept.value * 100)}%`;
  return [trackId, text || scored].filter((part) => part !== "").join(" ");
}

function toPixels(box: readonly number[], { width, height }: Picture): [number, number, number, number] {
  return [box[0]! * width, box[1]! * height, box[2]! * width, box[3]! * height];
}
