import type { Picture } from "@ocellus/media";
import { tilePixels } from "../../blocks/pictures/tile-feeds.ts";
import { type Feeds, integerTensor } from "../../runtime/host-tensor.ts";
import type { PreparedVisual } from "../model-family.ts";
import { arrangeRows } from "./arrange-rows.ts";
import type { DeepseekOcrProcessor } from "./processor-config.ts";
import { viewPicture } from "./view-picture.ts";
import { type ViewShape, viewShape } from "./view-shape.ts";
import type { DeepseekVisionConfig } from "./vision-config.ts";

/**
 * A function from pictures to inputs of the vision graph: one run a line of tiles, from top to bottom, then one for the
 * whole. The tables of both view sizes are made once.
 */
export function pictureInput(
  vision: DeepseekVisionConfig,
  processor: DeepseekOcrProcessor,
  placeholder: number,
): (picture: Picture) => PreparedVisual {
  const wholeShape = viewShape(vision, processor.whole);
  const tileShape = viewShape(vision, processor.tile);
  const run = (views: readonly Picture[], { cells, feeds }: ViewShape, isLast: boolean): Feeds => ({
    ...feeds,
    pixel_values: tilePixels(views, vision.sam.patchSize, processor),
    arrangement: integerTensor(arrangeRows(views.length, cells, isLast)),
  });
  return (picture) => {
    const { whole, fitted, tiles, grid } = viewPicture(picture, processor);
    const { columns, rows } = grid;
    const tileTokens = rows * tileShape.cells * (columns * tileShape.cells + 1);
    const canvas = { width: columns * processor.tile, height: rows * processor.tile };
    return {
      feeds: {
        *[Symbol.iterator]() {
          for (let row = 0; row < rows; row++) {
            yield run(tiles.slice(row * columns, (row + 1) * columns), tileShape, false);
          }
          yield run([whole], wholeShape, true);
        },
      },
      placeholder,
      tokens: tileTokens + wholeShape.cells * (wholeShape.cells + 1) + 1,
      resized: tiles.length > 0 ? canvas : fitted,
      grid: { t: 1, h: rows * tileShape.side, w: columns * tileShape.side },
      timeStep: 0,
    };
  };
}
