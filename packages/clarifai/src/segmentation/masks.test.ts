import { readFileSync } from "node:fs";
import { InvalidArgumentError, UnsupportedMediaError } from "@ocellus/core";
import { decodeImage } from "@ocellus/media";
import { describe, expect, it } from "vitest";
import { wireFolder } from "../golden/recorded-case.ts";
import type { RegionValue } from "../values/annotation-values.ts";
import { type BinaryMask, decodeMask, maskArea, maskBox } from "./binary-mask.ts";
import { drawRegions } from "./draw-regions.ts";
import { groupTracks } from "./group-tracks.ts";
import { maskToRle, rleToMask } from "./mask-rle.ts";
import { maskToPolygons } from "./mask-to-polygons.ts";

const maskOf = (...rows: string[]): BinaryMask => ({
  width: rows[0]!.length,
  height: rows.length,
  data: Uint8Array.from(rows.join(""), (char) => (char === "#" ? 1 : 0)),
});

/** Even-odd filling of outlines at pixel centres. */
function fill(width: number, height: number, rings: ReturnType<typeof maskToPolygons>): Uint8Array {
  const edges = rings.flatMap((ring) =>
    ring.map(([ax, ay], index) => [ax, ay, ...ring[(index + 1) % ring.length]!] as const),
  );
  return Uint8Array.from({ length: width * height }, (_, at) => {
    const [x, y] = [(at % width) + 0.5, Math.floor(at / width) + 0.5];
    const isCrossed = ([ax, ay, bx, by]: (typeof edges)[number]): boolean =>
      ax === bx && ax > x && Math.min(ay, by) < y && Math.max(ay, by) > y;
    return edges.filter(isCrossed).length % 2;
  });
}

describe("masks", () => {
  const ring = maskOf("....", ".###", ".#.#", ".###");

  it("have COCO's run lengths: columns, outside first", () => {
    expect(maskToRle(maskOf("#.", "##"))).toEqual({ size: [2, 2], counts: [0, 2, 1, 1] });
    expect(maskToRle(ring).counts).toEqual([5, 3, 1, 1, 1, 1, 1, 3]);
    expect(rleToMask(maskToRle(ring))).toEqual(ring);
    expect(() => rleToMask({ size: [2, 2], counts: [1] })).toThrow(InvalidArgumentError);
  });

  it("have outlines that fill to the same mask, also at corners that touch", () => {
    expect(maskToPolygons(maskOf("##", "#."))).toEqual([
      [
        [2, 0],
        [2, 1],
        [1, 1],
        [1, 2],
        [0, 2],
        [0, 0],
      ],
    ]);
    const shapes = [
      ring,
      maskOf("#.#", ".#.", "#.#"),
      maskOf("###", "#.#", "###"),
      maskOf(".#.", "#.#", ".#."),
      maskOf("..", ".."),
    ];
    for (let seed = 1; seed <= 40; seed++) {
      const data = Uint8Array.from({ length: 63 }, (_, at) =>
        (Math.imul(at + 1, 2654435761 * seed) >>> 13) % 5 < 3 ? 1 : 0,
      );
      shapes.push({ width: 9, height: 7, data });
    }
    for (const mask of shapes) expect([...fill(mask.width, mask.height, maskToPolygons(mask))]).toEqual([...mask.data]);
  });

  it("know their area and box", () => {
    expect(maskArea(ring)).toBe(8);
    expect(maskBox(ring)).toEqual([1, 1, 4, 4]);
    expect(maskBox(maskOf("..", ".."))).toBeNull();
  });

  it("are decoded from the recorded answer of a segmentation model, and drawn", async () => {
    const recorded = JSON.parse(readFileSync(`${wireFolder}/sam_everything.json`, "utf8"));
    const { $region } = recorded.result.value[0];
    const mask = { url: "", bytes: Buffer.from($region.mask.$image.bytes, "base64") };
    const decoded = await decodeMask(mask);
    expect([decoded.width, decoded.height]).toEqual([32, 24]);
    const picture = await decodeImage(readFileSync(`${wireFolder}/media/scene32x24.png`));
    const grey = await decodeImage(mask.bytes);
    expect([...decoded.data]).toEqual(Array.from({ length: 32 * 24 }, (_, at) => Number(grey.data[at * 3]! >= 128)));
    const region: RegionValue = {
      id: "a",
      box: null,
      point: null,
      mask,
      polygon: null,
      trackId: "",
      text: "",
      concepts: [],
      value: 0,
    };
    const drawn = await drawRegions(picture, [region]);
    const plain = await drawRegions(picture, []);
    const scale = drawn.width / 32;
    const changed = Array.from(decoded.data, (_, at) => {
      const pixel =
        (Math.floor((Math.floor(at / 32) + 0.5) * scale) * drawn.width + Math.floor(((at % 32) + 0.5) * scale)) * 3;
      return Number([0, 1, 2].some((channel) => drawn.data[pixel + channel] !== plain.data[pixel + channel]));
    });
    // Enlarging blurs the edge by a pixel: all of the mask is tinted, and nothing two pixels away from it.
    const [x0, y0, x1, y1] = maskBox(decoded)!;
    expect(decoded.data.every((bit, at) => bit === 0 || changed[at] === 1)).toBe(true);
    const isFar = (at: number): boolean =>
      at % 32 < x0 - 2 || at % 32 > x1 + 1 || at < (y0 - 2) * 32 || at >= (y1 + 2) * 32;
    expect(changed.some((bit, at) => bit === 1 && isFar(at))).toBe(false);
    await expect(decodeMask({ url: "http://a/b", bytes: new Uint8Array() })).rejects.toThrow(UnsupportedMediaError);
  });

  it("are grouped by object", () => {
    const region = (trackId: string): RegionValue => ({
      id: "",
      box: null,
      point: null,
      mask: null,
      polygon: null,
      trackId,
      text: "",
      concepts: [],
      value: 0,
    });
    const frame = (index: number, ...ids: string[]) => ({
      index,
      time: index / 10,
      image: null,
      concepts: [],
      regions: ids.map(region),
    });
    const tracks = groupTracks([frame(0, "1", "2"), frame(1, "2", ""), frame(2, "1")]);
    expect([...tracks].map(([id, all]) => [id, all.map(({ index }) => index)])).toEqual([
      ["1", [0, 2]],
      ["2", [0, 1]],
    ]);
  });
});
