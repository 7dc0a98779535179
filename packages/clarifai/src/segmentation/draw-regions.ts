import { assignColors, drawBoxes, type LabeledBox, type Picture } from "@ocellus/media";
import type { RegionValue } from "../values/annotation-values.ts";
import { type BinaryMask, decodeMask } from "./binary-mask.ts";

/** How much of the picture a mask lets through. */
const maskOpacity = 0.45;

/**
 * Draws regions on a copy of a picture: masks as tints, boxes with labels (object id, first concept and its score, or
 * text). Masks of another size are stretched to the picture.
 *
 * @throws UnsupportedMediaError for a damaged mask; MissingDependencyError when `@napi-rs/canvas` is not available
 */
export async function drawRegions(picture: Picture, regions: readonly RegionValue[]): Promise<Picture> {
  const names = regions.map(nameOf);
  const colorOf = assignColors(names);
  const data = new Uint8Array(picture.data);
  for (const [index, region] of regions.entries()) {
    if (region.mask === null || region.mask.bytes.length === 0) continue;
    tint({ ...picture, data }, await decodeMask(region.mask), colorOf(names[index]!));
  }
  const boxes: LabeledBox[] = regions.flatMap(({ box, ...region }, index) =>
    box === null
      ? []
      : [{ box: toPixels(box, picture), label: labelOf({ box, ...region }), color: colorOf(names[index]!) }],
  );
  return await drawBoxes({ ...picture, data }, boxes);
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

function tint(picture: Picture, mask: BinaryMask, color: string): void {
  const rgb = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
  for (let y = 0; y < picture.height; y++) {
    const maskY = Math.floor((y * mask.height) / picture.height);
    for (let x = 0; x < picture.width; x++) {
      const maskX = Math.floor((x * mask.width) / picture.width);
      if (mask.data[maskY * mask.width + maskX] === 0) continue;
      const at = (y * picture.width + x) * 3;
      for (const [channel, value] of rgb.entries()) {
        const below = picture.data[at + channel]!;
        picture.data[at + channel] = Math.round(below + (value - below) * maskOpacity);
      }
    }
  }
}
