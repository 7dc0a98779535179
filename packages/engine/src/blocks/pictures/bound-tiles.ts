import { InvalidArgumentError } from "@ocellus/core";
import type { FamilyOptions } from "../../families/model-family.ts";
import type { TileSettings } from "./tile-picture.ts";

/**
 * Narrows a processor's numbers of tiles to the areas that the caller allows, in whole tiles.
 *
 * @param options areas in pixels; at least one tile always remains
 * @throws InvalidArgumentError when the bounds leave no number of tiles
 */
export function boundTiles(settings: TileSettings, { minPixels, maxPixels }: FamilyOptions): TileSettings {
  const area = settings.tile ** 2;
  const most = maxPixels === undefined ? settings.maxTiles : Math.max(1, Math.floor(maxPixels / area));
  const maxTiles = Math.min(settings.maxTiles, most);
  const minTiles = minPixels === undefined ? Math.min(settings.minTiles, maxTiles) : Math.ceil(minPixels / area);
  if (minTiles <= maxTiles) return { ...settings, minTiles, maxTiles };
  throw new InvalidArgumentError(
    `minPixels ${minPixels} asks for at least ${minTiles} tiles of ${settings.tile}×${settings.tile} pixels, but at most ${maxTiles} are allowed.`,
  );
}
