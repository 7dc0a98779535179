import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeImage } from "@ocellus/media";
import { describe, expect, test } from "vitest";
import { checkResult } from "./check-result.ts";
import { decodeGrayPng } from "./decode-gray-png.ts";
import { drawResult } from "./draw-result.ts";
import { encodeGrayPng } from "./encode-gray-png.ts";
import { type IdentifiedResult, identifyResult } from "./identify-result.ts";
import { rescalePrediction } from "./rescale-prediction.ts";
import { decodeRleMask, encodeRleMask, type RleMask } from "./rle-mask.ts";
import type { SegmentPrediction } from "./task-results.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/roboflow", import.meta.url));
interface ServerCase {
  readonly id: string;
  readonly response: { readonly status: number; readonly json?: Record<string, unknown> };
}
const { cases } = JSON.parse(readFileSync(`${fixtures}/server/http.json`, "utf8")) as { cases: ServerCase[] };
const answerOf = (id: string): Record<string, unknown> => cases.find((each) => each.id === id)!.response.json!;

/** Masks that the real server stored as files. */
function withStoredPictures(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withStoredPictures);
  if (typeof value !== "object" || value === null) return value;
  const { $image } = value as { $image?: { stored?: string } };
  if ($image?.stored !== undefined) return readFileSync(`${fixtures}/server/${$image.stored}`).toString("base64");
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withStoredPictures(entry)]));
}

describe("identifyResult on answers of the real server", () => {
  test.each([
    ["od", "object-detection"],
    ["is", "instance-segmentation"],
    ["is-rle", "instance-segmentation"],
    ["kp", "keypoint-detection"],
    ["cls", "classification"],
    ["multi", "multi-label-classification"],
    ["sem", "semantic-segmentation"],
    ["v0-cls", "classification"],
    ["v0-sem", "semantic-segmentation"],
  ])("%s is %s", (id, task) => {
    expect(identifyResult(withStoredPictures(answerOf(id)) as object).task).toBe(task);
  });

  test.each([
    [{ response: "a" }, "lmm"],
    [{ result: "a" }, "ocr"],
    [{ embeddings: [] }, "embeddings"],
    [{ similarity: [] }, "clip-comparison"],
    [{ normalized_depth: [] }, "depth"],
    [{ predictions: [{ masks: [] }] }, "segment-anything"],
    [{ prompt_results: [] }, "concept-segmentation"],
    [{ is_stub: true, task_type: "x" }, "stub"],
    [{ predictions: [] }, "object-detection"],
    [{}, "unknown"],
  ] as [object, IdentifiedResult["task"]][])("%j", (result, task) => {
    expect(identifyResult(result).task).toBe(task);
  });
});

describe("run-length masks", () => {
  const rle = answerOf("is-rle").predictions as SegmentPrediction[];

  test("of the real server lie in their boxes and come back as they were", () => {
    for (const { rle: mask, x, y, width, height } of rle) {
      const pixels = decodeRleMask(mask!)!;
      const [rows, columns] = mask!.size;
      expect(pixels).toHaveLength(rows * columns);
      const at = [...pixels.keys()].filter((i) => pixels[i] === 1);
      expect(at.length).toBeGreaterThan(0);
      for (const i of at) {
        expect(Math.abs((i % columns) + 0.5 - x)).toBeLessThanOrEqual(width / 2 + 1);
        expect(Math.abs(Math.floor(i / columns) + 0.5 - y)).toBeLessThanOrEqual(height / 2 + 1);
      }
      expect(encodeRleMask(pixels, { width: columns, height: rows })).toEqual(mask);
    }
  });

  test("a diagonal of three: runs 0 1 3 1 3 1, from the fourth on as differences", () => {
    expect(encodeRleMask(Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1), { width: 3, height: 3 }).counts).toBe("013000");
    expect([...decodeRleMask({ size: [3, 3], counts: "013000" })!]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
    expect(decodeRleMask({ size: [3, 3], counts: [0, 1, 3, 1, 3, 1] })).toEqual(
      Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
    );
  });

  test.each([
    [{ size: [2, 2], counts: "9" }],
    [{ size: [2, 2], counts: "\u0001" }],
    [{ size: [-1, 2], counts: "0" }],
    [{ size: [1e9, 1e9], counts: "0" }],
    [{ size: [2, 2], counts: [1, -5, 8] }],
    [{ size: [2, 2], counts: [1, 1] }],
  ] as [RleMask][])("damaged: %j", (mask) => {
    expect(decodeRleMask(mask)).toBeNull();
  });

  test("are brought to the size of the original, class masks, too", () => {
    const scale = { original: { width: 96, height: 64 }, sent: { width: 48, height: 32 } };
    const [first] = rle;
    const { rle: mask } = (rescalePrediction({ predictions: [first] }, scale).predictions as SegmentPrediction[])[0]!;
    expect(mask!.size).toEqual([64, 96]);
    const count = (bytes: Uint8Array): number => bytes.reduce((sum, value) => sum + value, 0);
    expect(count(decodeRleMask(mask!)!)).toBe(4 * count(decodeRleMask(first!.rle!)!));
    const sem = withStoredPictures(answerOf("sem")) as { predictions: { segmentation_mask: string } };
    const before = decodeGrayPng(Buffer.from(sem.predictions.segmentation_mask, "base64"))!;
    const { predictions } = rescalePrediction(sem, scale) as typeof sem;
    const after = decodeGrayPng(Buffer.from(predictions.segmentation_mask, "base64"))!;
    expect([after.width, after.height]).toEqual([96, 64]);
    expect(after.samples[63 * 96 + 95]).toBe(before.samples[31 * 48 + 47]);
    expect(predictions).toHaveProperty("class_map", answerOf("sem").predictions!["class_map" as never]);
  });
});

describe("grey PNGs", () => {
  test("written here are read by a picture library, and the other way round", async () => {
    const pixels = Uint8Array.from({ length: 35 }, (_, i) => i * 7);
    const png = encodeGrayPng(pixels, { width: 7, height: 5 });
    const { data, width, height } = await decodeImage(png);
    expect([width, height]).toEqual([7, 5]);
    expect(data.filter((_, i) => i % 3 === 0)).toEqual(pixels);
    const stored = readFileSync(`${fixtures}/server/images/srv-sem-1.png`);
    const reference = await decodeImage(stored);
    expect([...decodeGrayPng(stored)!.samples]).toEqual([...reference.data.filter((_, i) => i % 3 === 0)]);
  });

  test.each([
    ["nothing", ""],
    ["text", "hello"],
    ["a cut file", "89504e470d0a1a0a0000000d49484452"],
  ])("%s", (_what, hex) => {
    expect(decodeGrayPng(Buffer.from(hex, "hex"))).toBeNull();
  });
});

test.each([
  [{ predictions: 5 }, "neither a list nor an object"],
  [{ predictions: [null] }, "predictions[0] that is no object"],
  [{ predictions: [{ x: "1" }] }, "predictions[0].x that is no number"],
  [{ predictions: [{ points: [{ x: 1 }, { y: "2" }] }] }, "predictions[0].points[1].y that is no number"],
  [{ embeddings: 1 }, "embeddings that is no list"],
  [[], "no object"],
])("an answer like %j is refused", (value, message) => {
  expect(() => checkResult(value, "/x")).toThrow(message);
});

test("unknown fields are kept", () => {
  const value = { predictions: [{ x: 1, colour: "red" }], extra: { a: 1 } };
  expect(checkResult(value, "/x")).toEqual(value);
});

describe("drawing", () => {
  const shapes = readFileSync(`${fixtures}/images/shapes-320x240.png`);
  test.each(["od-shapes", "is", "cls-zero"])("%s changes the picture and not its source", async (id) => {
    const picture = await decodeImage(shapes);
    const copy = new Uint8Array(picture.data);
    const drawn = await drawResult(picture, answerOf(id));
    expect(picture.data).toEqual(copy);
    const same = await drawResult(picture, {});
    expect(drawn.width).toBe(same.width);
    expect(Buffer.compare(drawn.data, same.data)).not.toBe(0);
  });

  test("a semantic mask colours only its classes", async () => {
    const blocks = await decodeImage(readFileSync(`${fixtures}/images/blocks-48x32.png`));
    const drawn = await drawResult(blocks, withStoredPictures(answerOf("sem")) as object);
    expect(Buffer.compare(drawn.data, (await drawResult(blocks, {})).data)).not.toBe(0);
  });
});
