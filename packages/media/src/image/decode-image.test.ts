import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { AbortedError, UnsupportedMediaError } from "@ocellus/core";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage, pictureFromPixels } from "./decode-image.ts";

const fixtures = new URL("../../../../fixtures/", import.meta.url);
const read = (path: string): Buffer => readFileSync(new URL(path, fixtures));
const sha256 = (data: Uint8Array): string => createHash("sha256").update(data).digest("hex");

interface Reference {
  readonly file: string;
  readonly rgb: { readonly size: [number, number]; readonly sha256_rgb: string };
  readonly rgb_on_white?: { readonly sha256_rgb: string };
}
const references = (JSON.parse(read("images/manifest.json").toString()) as { images: Reference[] }).images;

interface OddReference {
  readonly file: string;
  readonly exact: boolean;
  readonly size: [number, number];
  readonly rgb: string;
}
const oddReferences = (JSON.parse(read("decode/manifest.json").toString()) as { images: OddReference[] }).images;
const expectedPixels = ({ rgb }: OddReference): Uint8Array => inflateSync(Buffer.from(rgb, "base64"));

describe("decodeImage equals Pillow", () => {
  // The lossy files of this folder come out bit-identical too, because both sides use libjpeg-turbo and libwebp.
  it.each(references)("images/$file", async ({ file, rgb }) => {
    const picture = await decodeImage(read(`images/${file}`));
    expect([picture.width, picture.height]).toEqual(rgb.size);
    expect(sha256(picture.data)).toBe(rgb.sha256_rgb);
  });

  it.each(references.filter((entry) => entry.rgb_on_white))("images/$file on white", async ({ file, rgb_on_white }) => {
    const picture = await decodeImage(read(`images/${file}`), { alpha: "white" });
    expect(sha256(picture.data)).toBe(rgb_on_white!.sha256_rgb);
  });

  it.each(oddReferences)("decode/$file", async (entry) => {
    const { data, width, height } = await decodeImage(read(`decode/${entry.file}`));
    expect([width, height]).toEqual(entry.size);
    const expected = expectedPixels(entry);
    expect(data.length).toBe(expected.length);
    const largest = data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - expected[i]!)), 0);
    expect(largest).toBeLessThanOrEqual(entry.exact ? 0 : 2);
  });

  it("scales 16-bit grey when asked", async () => {
    const clipped = await decodeImage(read("decode/grey16.png"));
    const scaled = await decodeImage(read("decode/grey16.png"), { grey16: "scale" });
    // Pixel (1, 0) is 2900 in the file.
    expect([clipped.data[3], scaled.data[3]]).toEqual([255, 2900 >> 8]);
  });
});

describe("decodeImage refuses", () => {
  const fails = async (bytes: Uint8Array, pattern: RegExp, options = {}): Promise<void> => {
    const error = await decodeImage(bytes, { name: "'cat.png'", ...options }).catch((thrown: unknown) => thrown);
    expect(UnsupportedMediaError.isInstance(error), String(error)).toBe(true);
    expect((error as Error).message).toMatch(pattern);
    expect((error as Error).message).toContain("'cat.png'");
  };

  it("zero bytes", () => fails(new Uint8Array(), /empty/));
  it.each([
    ["text", "hello there", /is text\. Supported/],
    ["HTML", "\n<!DOCTYPE html><html>", /HTML page/],
    ["SVG", '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', /SVG/],
    ["PDF", "%PDF-1.7", /PDF/],
    ["AVIF", "\0\0\0 ftypavif", /AVIF/],
    ["MP4", "\0\0\0 ftypisom", /MP4/],
    ["noise", "\x01\x02\x03", /no known picture format/],
  ])("%s", (_, text, pattern) => fails(Buffer.from(text, "latin1"), pattern));

  it.each([
    "images/photo.png",
    "images/plain-420.jpg",
    "images/anim.gif",
    "decode/lossy.webp",
    "decode/rgb-lzw.tif",
    "decode/rgb24.bmp",
    "decode/rle8.bmp",
  ])("%s cut in half", async (file) => {
    const bytes = read(file);
    await fails(bytes.subarray(0, Math.floor(file.endsWith("gif") ? 900 : bytes.length / 2)), /damaged|incomplete/);
  });

  it("any file cut after its first 20 bytes", async () => {
    for (const { file } of oddReferences)
      await fails(read(`decode/${file}`).subarray(0, 20), /damaged|incomplete|claims/);
  });

  it("more pixels than the limit, before decoding", () =>
    fails(read("images/big.png"), /301x199.*59898/, { maxPixels: 59_898 }));
  it("absurd claims of a PNG header", async () => {
    const bytes = Buffer.from(read("images/small.png"));
    bytes.writeUInt32BE(0x7fffffff, 16);
    await fails(bytes, /pixels are more than the limit|damaged/);
  });
  it("absurd claims of a BMP header", async () => {
    const bytes = Buffer.from(read("decode/rgb24.bmp"));
    bytes.writeInt32LE(0x7fffffff, 18);
    await fails(bytes, /2147483647x17/);
  });
  it("an aborted call", async () => {
    const signal = AbortSignal.abort();
    await expect(decodeImage(read("images/small.png"), { signal })).rejects.toSatisfy(AbortedError.isInstance);
  });
  it("survives single damaged bytes: pixels or a typed error, nothing else", async () => {
    for (const file of ["decode/transparent.gif", "decode/rle8.bmp", "decode/palette4.bmp", "images/small.png"]) {
      const original = read(file);
      for (let at = 6; at < Math.min(original.length, 120); at++) {
        const bytes = Buffer.from(original);
        bytes[at] = bytes[at]! ^ 0xff;
        const result = await decodeImage(bytes, { maxPixels: 1e7 }).catch((error: unknown) => error);
        const isFine =
          UnsupportedMediaError.isInstance(result) || (result as { data?: unknown }).data instanceof Uint8Array;
        expect(isFine, `${file} byte ${at}: ${String(result)}`).toBe(true);
      }
    }
  });
});

describe("pictureFromPixels", () => {
  it("spreads grey and drops alpha", () => {
    expect(pictureFromPixels({ data: Uint8Array.of(7, 9), width: 2, height: 1, channels: 1 }).data).toEqual(
      Uint8Array.of(7, 7, 7, 9, 9, 9),
    );
    const rgba = { data: Uint8ClampedArray.of(1, 2, 3, 0), width: 1, height: 1, channels: 4 };
    expect(pictureFromPixels(rgba).data).toEqual(Uint8Array.of(1, 2, 3));
    expect(pictureFromPixels(rgba, { alpha: "white" }).data).toEqual(Uint8Array.of(255, 255, 255));
  });

  it.each([
    [{ data: new Uint8Array(11), width: 2, height: 2, channels: 3 }, /need 12 bytes, not 11/],
    [{ data: new Uint8Array(8), width: 2, height: 2, channels: 2 }, /2 channels/],
    [{ data: new Uint8Array(0), width: 0, height: 2, channels: 3 }, /0x2/],
    [{ data: new Uint8Array(3), width: 1.5, height: 2, channels: 1 }, /integers/],
  ])("rejects %j", (pixels, pattern) => {
    expect(() => pictureFromPixels(pixels)).toThrow(pattern);
  });
});

it("reads what sharp writes at 16 bits per channel", async () => {
  const data = await sharp(Buffer.alloc(12, 200), { raw: { width: 2, height: 2, channels: 3 } })
    .toColourspace("rgb16")
    .png()
    .toBuffer();
  expect(new Set((await decodeImage(data)).data)).toEqual(new Set([200]));
});
