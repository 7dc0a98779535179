import { describe, expect, test } from "vitest";
import { loadImageProcessorConfig } from "./processor-config.ts";

describe("the processor's settings", () => {
  const files = (content: Record<string, unknown>) => ({
    has: (file: string) => file in content,
    readText: async (file: string) => JSON.stringify(content[file]),
    readJson: async (file: string) => content[file],
  });
  const load = (json: object, bounds = {}) =>
    loadImageProcessorConfig(files({ "preprocessor_config.json": json }), bounds);

  test("min_pixels and max_pixels, or the edges of size; the caller's bounds win", async () => {
    expect(await load({ min_pixels: 3136, max_pixels: 7840 })).toMatchObject({ minPixels: 3136, maxPixels: 7840 });
    const edges = { size: { shortest_edge: 100, longest_edge: 900 } };
    expect(await load(edges)).toMatchObject({ minPixels: 100, maxPixels: 900 });
    expect(await load(edges, { maxPixels: 500 })).toMatchObject({ minPixels: 100, maxPixels: 500 });
    expect(await load({})).toMatchObject({ minPixels: 3136, maxPixels: 1_003_520, filter: "bicubic" });
  });

  test("processor_config.json holds them under image_processor", async () => {
    const nested = files({ "processor_config.json": { image_processor: { resample: 2, image_mean: [0, 0, 1] } } });
    expect(await loadImageProcessorConfig(nested)).toMatchObject({ filter: "bilinear", mean: [0, 0, 1] });
  });

  test.each([
    [{ resample: 9 }, /resample 9/],
    [{ do_resize: false }, /do_resize false/],
    [{ do_normalize: false }, /do_normalize false/],
    [{ min_pixels: 0 }, /min_pixels/],
    [{ image_mean: [0, 0] }, /image_mean/],
    [{ image_std: [1, 0, 1] }, /image_std/],
    [{ min_pixels: 900, max_pixels: 100 }, /at least 900 and at most 100/],
  ])("refuses %j", async (json, message) => {
    await expect(load(json)).rejects.toMatchObject({ code: "model-load", message: expect.stringMatching(message) });
  });

  test("refuses a caller's bound that contradicts the checkpoint's", async () => {
    const bounded = load({ min_pixels: 900, max_pixels: 1000 }, { maxPixels: 100 });
    await expect(bounded).rejects.toMatchObject({ code: "invalid-argument" });
  });
});
