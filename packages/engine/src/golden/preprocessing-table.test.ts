import { readFileSync } from "node:fs";
import { UnsupportedMediaError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { unpaddedLines } from "../blocks/llava/unpadded-lines.ts";
import { bestCanvas, sizeWithin } from "../blocks/llava/view-picture.ts";
import { tileGrid } from "../blocks/pictures/tile-picture.ts";
import { smartResize } from "../blocks/qwen-vision/smart-resize.ts";
import { fitClip } from "../blocks/qwen3-vision/fit-clip.ts";
import { clipPrompt, sampleFrames as sampleQwen3 } from "../blocks/qwen3-vision/video-input.ts";
import { arrangeRows } from "../families/deepseek-ocr/arrange-rows.ts";
import { sizeWithin as sizeInSquare, viewGrid } from "../families/deepseek-ocr/view-picture.ts";
import { sampleFrames as sampleInternVl } from "../families/internvl/video-input.ts";
import { pictureRows } from "../families/llava-onevision/arrange-views.ts";
import type { VideoLength, VideoSampling } from "../families/model-family.ts";
import { sampleFrames as sampleQwen25 } from "../families/qwen2-5-vl/sample-frames.ts";
import { fitFrame } from "../families/qwen2-5-vl/video-input.ts";
import { parseQwen3VlConfig } from "../families/qwen3-vl/config.ts";
import { tilePlan } from "../families/smolvlm/tile-picture.ts";
import { sampleFrames as sampleSmolVlm } from "../families/smolvlm/video-input.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

/**
 * What the processors of real models make of pictures and videos (transformers 5.23). Every row is checked, with all
 * that it records; a row of unknown settings fails.
 */
interface Row {
  readonly size: readonly [number, number];
  readonly error?: string;
}
interface ClipRow extends Row {
  readonly frames: number;
}
interface SamplingRow {
  readonly family: string;
  readonly kwargs: { readonly fps?: number; readonly num_frames?: number };
  readonly total_frames: number;
  readonly source_fps: number;
  readonly count?: number;
  /** Long lists are cut in the middle. */
  readonly indices?: readonly (number | "...")[];
  readonly timestamps?: readonly string[];
  readonly second_per_grid_t?: number;
  readonly error?: string;
}

const read = (file: string): unknown => JSON.parse(readFileSync(`${fixturesFolder}${file}`, "utf8"));
const table = read("tables/preprocessing.json") as {
  readonly images: Readonly<Record<string, readonly Row[]>>;
  readonly videos: Readonly<Record<string, readonly ClipRow[]>>;
  readonly sampling: readonly SamplingRow[];
};

type Size = { readonly width: number; readonly height: number };
type Compute = (size: Size) => object;
const pair = ({ width, height }: Size): number[] => [width, height];
const same = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;
/** The table lists only those resizes that change something. */
const changes = (...steps: (readonly [from: Size, to: Size])[]): number[][] =>
  steps.filter(([from, to]) => !same(from, to)).map(([, to]) => pair(to));

function qwen(minPixels: number, maxPixels: number, patch: number): Compute {
  return (size) => {
    const resized = smartResize(size, { factor: 2 * patch, minPixels, maxPixels });
    const grid = [1, resized.height / patch, resized.width / patch];
    return { resized: pair(resized), grid_thw: grid, tokens: (grid[1]! * grid[2]!) / 4 };
  };
}

function internVl(maxTiles: number): Compute {
  return (size) => {
    const grid = tileGrid(size, { tile: 448, minTiles: 1, maxTiles });
    const several = grid.columns * grid.rows > 1;
    const tiles = grid.columns * grid.rows + (several ? 1 : 0);
    // The table takes the grid from the first resize that changes something, be it the thumbnail's.
    const whole = { width: 448 * grid.columns, height: 448 * grid.rows };
    const [resized = pair(size)] = changes([size, whole], [size, { width: 448, height: 448 }]);
    return {
      ...{ columns: resized[0]! / 448, rows: resized[1]! / 448, resized, thumbnail: several, tiles },
      ...{ tokens: 256 * tiles, tokens_with_img_tags: 256 * tiles + 2 },
    };
  };
}

/** @param tokensOf from the size of a picture and the views of its canvas */
function anyres(
  tile: number,
  canvases: readonly Size[],
  tokensOf: (size: Size, grid: { readonly columns: number; readonly rows: number }) => number,
): Compute {
  return (size) => {
    const canvas = bestCanvas(size, canvases);
    const grid = { columns: canvas.width / tile, rows: canvas.height / tile };
    return {
      best_resolution: pair(canvas),
      resizes: changes([size, sizeWithin(size, canvas)], [size, { width: tile, height: tile }]),
      views: 1 + grid.columns * grid.rows,
      tokens: tokensOf(size, grid),
    };
  };
}

const llavaNext = anyres(
  336,
  [
    [336, 672],
    [672, 336],
    [672, 672],
    [1008, 336],
    [336, 1008],
  ].map(([height, width]) => ({ width: width!, height: height! })),
  (original, grid) => {
    const lines = unpaddedLines({ original, ...grid, side: 24 });
    return 24 * 24 + lines.flat().length + lines.length;
  },
);

const sixths = [1, 2, 3, 4, 5, 6];
const oneVision = anyres(
  384,
  sixths.flatMap((rows) => sixths.map((columns) => ({ width: 384 * columns, height: 384 * rows }))),
  (original, grid) => pictureRows(original, grid, { side: 27, maxViews: 9 }).length,
);

const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], rescaleFactor: 1 / 255 };

function smolVlm(tile: number, longestEdge: number, tileTokens: number): Compute {
  return (size) => {
    const settings = { ...half, filter: "lanczos", splits: true, longestEdge, tile } as const;
    const { scaled, resized, grid } = tilePlan(size, settings);
    const views = grid.rows * grid.columns + 1;
    return {
      resizes: changes([size, scaled], [scaled, resized], [resized, { width: tile, height: tile }]),
      ...grid,
      views,
      image_tokens: views * tileTokens,
    };
  };
}

function deepseekOcr(maxTiles: number): Compute {
  return (size) => {
    const grid = viewGrid(size, { tile: 640, minTiles: 2, maxTiles });
    const lines = Array.from({ length: grid.rows }, () => arrangeRows(grid.columns, 10, false));
    return {
      ...grid,
      global_resized: pair(sizeInSquare(size, 1024)),
      tokens: lines.flat().length + arrangeRows(1, 16, true).length,
    };
  };
}

const images: Readonly<Record<string, Compute>> = {
  "qwen2_5_vl default (min 3136, max 12845056, factor 28)": qwen(3136, 12_845_056, 14),
  "qwen2_5_vl 256-1280 tokens (min 200704, max 1003520, factor 28)": qwen(200_704, 1_003_520, 14),
  "qwen3_vl default (min 65536, max 16777216, factor 32)": qwen(65_536, 16_777_216, 16),
  "qwen3_vl 256-1280 tokens (min 262144, max 1310720, factor 32)": qwen(262_144, 1_310_720, 16),
  "internvl (448, 1..12 tiles)": internVl(12),
  "internvl (448, 1..6 tiles)": internVl(6),
  "llava_next (336, patch 14)": llavaNext,
  "llava_onevision (384, patch 14, anyres_max_9)": oneVision,
  "smolvlm2 256M/500M (512, longest 2048, 64 tokens per view)": smolVlm(512, 2048, 64),
  "smolvlm2 2.2B (384, longest 1536, 81 tokens per view)": smolVlm(384, 1536, 81),
  "idefics3 (364, longest 1456, 169 tokens per view)": smolVlm(364, 1456, 169),
  "deepseek_ocr (base 1024, tile 640, 2..6 tiles)": deepseekOcr(6),
  "deepseek_ocr (base 1024, tile 640, 2..9 tiles)": deepseekOcr(9),
};

describe.each(Object.entries(table.images))("pictures: %s", (settings, rows) => {
  const compute = images[settings];
  test("every row", () => {
    expect(rows).toHaveLength(42);
    for (const {
      size: [width, height],
      error,
      ...recorded
    } of rows) {
      if (error === undefined) expect(compute!({ width, height }), `${width}×${height}`).toEqual(recorded);
      else expect(() => compute!({ width, height }), `${width}×${height}`).toThrow(UnsupportedMediaError);
    }
  });
});

const frames = { minFrames: 4, maxFrames: 768 };
const settingsOf = (json: string) => {
  const [minPixels, maxPixels] = [...json.matchAll(/: (\d+)/g)].map(([, area]) => Number(area)) as [number, number];
  return { ...half, ...frames, filter: "bicubic", minPixels, maxPixels } as const;
};
const real = { patchSize: 14, mergeSize: 2, temporalPatchSize: 2 };
const qwen3Vision = {
  ...parseQwen3VlConfig(read("checkpoints/qwen3_vl/config.json")).vision,
  ...{ ...real, patchSize: 16 },
};

describe.each(Object.entries(table.videos))("clips: %s", (settings, rows) => {
  const capped = settings.endsWith("True");
  const common = settingsOf(settings);
  const isQwen3 = settings.startsWith("qwen3_vl");
  const fit = (size: Size, count: number): Size =>
    isQwen3
      ? fitClip(size, count, {
          processor: { ...common, frame: {}, frameTokens: capped ? 768 : undefined },
          vision: qwen3Vision,
        })
      : fitFrame(size, count, { processor: { ...common, clipTokens: capped ? 128_000 : undefined }, vision: real });

  test("every row", () => {
    expect(settings).toMatch(/^(qwen2_5_vl|qwen3_vl) size/);
    expect(rows).toHaveLength(13);
    for (const { frames: count, size, error, ...recorded } of rows) {
      const [width, height] = size;
      const label = `${count} frames of ${width}×${height}`;
      if (error !== undefined) {
        expect(() => fit({ width, height }, count), label).toThrow(UnsupportedMediaError);
        continue;
      }
      const resized = fit({ width, height }, count);
      const patch = isQwen3 ? 16 : 14;
      const [t, h, w] = [Math.ceil(count / 2), resized.height / patch, resized.width / patch];
      const computed = { resized: pair(resized), grid_thw: [t, h, w], tokens: (t * h * w) / 4 };
      expect(computed, label).toEqual(recorded);
    }
  });
});

type Sample = (video: VideoLength, sampling: VideoSampling) => number[];
const samplers: Readonly<Record<string, Sample>> = {
  qwen2_5_vl: (video, sampling) => sampleQwen25(video, sampling, { ...frames, temporalPatchSize: 2 }),
  qwen3_vl: (video, sampling) => sampleQwen3(video, sampling, frames),
  internvl: (video, sampling) => sampleInternVl(video, sampling, undefined),
  smolvlm: (video, sampling) => sampleSmolVlm(video, sampling, 64),
};

test.each(table.sampling)("$family: $total_frames frames at $source_fps fps, asked for $kwargs", (row) => {
  const { kwargs, total_frames: frameCount, source_fps: fps } = row;
  // A number of frames without a rate is a cap on a rate that asks for all.
  const asked = kwargs.fps ?? (kwargs.num_frames === undefined ? 2 : 1e6);
  const sampling = { fps: asked, maxFrames: kwargs.num_frames ?? null };
  const places = samplers[row.family]!({ frameCount, fps }, sampling);
  if (row.error !== undefined) {
    // Where the reference refuses a video that is shorter than it likes, what is there is taken.
    expect(places.length).toBeGreaterThan(0);
    expect(places.every((place, index) => place > (places[index - 1] ?? -1) && place < frameCount)).toBe(true);
    return;
  }
  // Asked for more frames than there are, the reference takes some twice.
  const repeats = (kwargs.num_frames ?? 0) > frameCount;
  const expected = repeats ? [...new Set(row.indices)] : row.indices!;
  expect(places).toHaveLength(repeats ? expected.length : row.count!);
  expect(shortened(places, expected)).toEqual(expected);
  if (row.second_per_grid_t !== undefined) {
    expect(2 / ((places.length / frameCount) * fps)).toBeCloseTo(row.second_per_grid_t, 12);
  }
  if (row.timestamps !== undefined && !repeats) {
    const { text } = clipPrompt({ indices: places, sourceFps: fps, sampledFps: 2, frameCount }, 2, 9);
    const times = [...text.matchAll(/<([\d.]+) seconds>/g)].map(([, seconds]) => seconds!);
    expect(shortened(times, row.timestamps)).toEqual(row.timestamps);
  }
});

/** A list cut in the middle where the recorded one is. */
function shortened<Item>(list: readonly Item[], recorded: readonly unknown[]): readonly (Item | "...")[] {
  const cut = recorded.indexOf("...");
  return cut < 0 ? list : [...list.slice(0, cut), "...", ...list.slice(cut + 1 - recorded.length)];
}
