import { InvalidArgumentError } from "@ocellus/core";
import { describe, expect, it } from "vitest";
import { decodeImage } from "./decode-image.ts";
import { detectImageFormat } from "./detect-image-format.ts";
import { encodeImage } from "./encode-image.ts";
import type { Picture } from "./picture.ts";

const picture: Picture = {
  data: Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => ((i % 120) * 2 + i / 90) & 255),
  width: 40,
  height: 30,
};
const largestDifference = (a: Picture, b: Picture): number =>
  a.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.data[i]!)), 0);

describe("encodeImage", () => {
  it("keeps every sample of a PNG, also of a grey one", async () => {
    const grey = { ...picture, data: new Uint8Array(picture.data.length).fill(77) };
    for (const original of [picture, grey]) {
      expect(await decodeImage(await encodeImage(original))).toEqual(original);
    }
  });

  it.each(["jpeg", "webp"] as const)("writes %s that is close, and closer at a higher quality", async (format) => {
    const low = await decodeImage(await encodeImage(picture, { format, quality: 20 }));
    const encoded = await encodeImage(picture, { format, quality: 100 });
    const high = await decodeImage(encoded);
    expect(detectImageFormat(encoded)).toBe(format);
    expect([high.width, high.height]).toEqual([40, 30]);
    expect(largestDifference(high, picture)).toBeLessThan(largestDifference(low, picture));
  });

  it("rejects wrong arguments", async () => {
    for (const [input, options] of [
      [picture, { format: "gif" as "png" }],
      [picture, { quality: 0 }],
      [{ ...picture, width: 41 }, {}],
    ] as const) {
      await expect(encodeImage(input, options)).rejects.toSatisfy(InvalidArgumentError.isInstance);
    }
  });
});
