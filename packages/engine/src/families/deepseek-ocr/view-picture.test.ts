import { InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { loadDeepseekOcrProcessor } from "./processor-config.ts";
import { viewPicture } from "./view-picture.ts";

/** The settings of a checkpoint with the given files. */
const load = (files: Readonly<Record<string, unknown>>, options = {}) =>
  loadDeepseekOcrProcessor(
    { has: (file) => file in files, readText: async () => "", readJson: async (file) => files[file] },
    options,
  );

const picture = (width: number, height: number) => ({
  data: new Uint8Array(width * height * 3).fill(9),
  width,
  height,
});

test("a published checkpoint without settings is cut into up to nine tiles of 640 pixels", async () => {
  const processor = await load({ "processor_config.json": { candidate_resolutions: [[1280, 1280]], pad_token: "x" } });
  expect(processor).toMatchObject({ whole: 1280, tile: 640, minTiles: 2, maxTiles: 9, stretches: false });
  expect(await load({})).toMatchObject({ whole: 1024, mean: [0.5, 0.5, 0.5], filter: "bicubic" });
});

test("modes without tiles: small ones are stretched, large ones keep the shape between grey margins", async () => {
  const mode = (size: number) =>
    load({ "preprocessor_config.json": { size: { height: size, width: size }, crop_to_patches: false } });
  const small = viewPicture(picture(700, 20), await mode(512));
  expect(small.tiles).toEqual([]);
  expect([small.whole.width, small.whole.height, small.whole.data[0]]).toEqual([512, 512, 9]);
  const large = viewPicture(picture(700, 20), await mode(1280));
  expect([large.whole.width, large.whole.data[0], large.whole.data[640 * 1280 * 3]]).toEqual([1280, 127, 9]);
});

test("maxPixels leaves out tiles; minPixels does not apply", async () => {
  expect(await load({}, { maxPixels: 4 * 640 * 640 })).toMatchObject({ maxTiles: 4, whole: 1024 });
  expect(await load({}, { maxPixels: 640 * 640 })).toMatchObject({ maxTiles: 0 });
  await expect(load({}, { minPixels: 1 })).rejects.toSatisfy(InvalidArgumentError.isInstance);
});

test("settings that are wrong are named with their file", async () => {
  const error = await load({ "preprocessor_config.json": { tile_size: "large" } }).catch((thrown: unknown) => thrown);
  expect(ModelLoadError.isInstance(error)).toBe(true);
  expect((error as Error).message).toMatch(/preprocessor_config\.json: tile_size/);
});
