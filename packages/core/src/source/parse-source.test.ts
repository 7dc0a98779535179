import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { imageExtensions, mediaOfBytes, mediaOfPath, videoExtensions } from "./media-type.ts";
import { parseSource } from "./parse-source.ts";
import type { SourceInput } from "./source-input.ts";

test.each([
  ["a.jpg", "image"],
  ["~/pictures/a.PNG", "image"],
  ["../clip.MP4", "video"],
  ["no-extension", "image"],
  ["C:\\photos\\a.jpg", "image"],
  ["odd:name.webm", "video"],
  [".mp4", "image"],
])("%j is a path to a %s", (path, media) => {
  expect(parseSource(path)).toEqual({ kind: "path", path, media, label: path });
});

test.each([
  ["https://example.org/a.jpg", "image"],
  ["HTTP://example.org/clip.mp4?a=b.jpg", "video"],
  ["https://example.org/a?file=clip.mp4", "image"],
  ["https://example.org/", "image"],
])("%j is a URL of a %s", (url, media) => {
  expect(parseSource(url)).toMatchObject({ kind: "url", url: new URL(url).href, media });
  expect(parseSource(new URL(url))).toEqual(parseSource(url));
});

test("the label of a URL has no query and no user name", () => {
  expect(parseSource("https://user:pass@example.org/a.jpg?key=secret").label).toBe("https://example.org/a.jpg");
});

test("a file URL becomes a path", () => {
  expect(parseSource(pathToFileURL("/tmp/a b.mov"))).toMatchObject({
    kind: "path",
    path: "/tmp/a b.mov",
    media: "video",
  });
  expect(() => parseSource("file://server/share/a.jpg")).toThrow("is no valid file URL");
});

test.each([
  ["data:image/png;base64,aGk=", "image/png", "hi", "image"],
  ["DATA:;BASE64,aGk", null, "hi", "image"],
  ["data:video/mp4;base64,aGk=", "video/mp4", "hi", "video"],
  [
    "data:image/svg+xml;charset=utf8,%3Csvg%3E%FF é",
    "image/svg+xml",
    Buffer.from("3c7376673eff20c3a9", "hex"),
    "image",
  ],
  ["data:image/png;base64,aGk%3D", "image/png", "hi", "image"],
  ["data:,100%", null, "100%", "image"],
])("%j is decoded", (uri, mediaType, content, media) => {
  const parsed = parseSource(uri);
  expect(parsed).toMatchObject({ kind: "bytes", mediaType, media });
  expect(Buffer.from((parsed as { bytes: Uint8Array }).bytes)).toEqual(Buffer.from(content));
});

test.each([
  ["data:image/png;base64", 'has no ","'],
  ["data:image/png;base64,", "has no data"],
  ["data:image/png;base64,a*b=", 'unexpected "*" at 1'],
  ["data:image/png;base64,abcde", "cannot be whole bytes"],
])("%j cannot be decoded", (uri, message) => {
  expect(() => parseSource(uri)).toThrow(expect.objectContaining({ code: "unsupported-media" }));
  expect(() => parseSource(uri)).toThrow(message);
});

test("what decodes to more than the limit is refused", () => {
  const limited = { maxBytes: 3 };
  expect(parseSource("data:;base64,YWJj", limited)).toMatchObject({ kind: "bytes" });
  expect(() => parseSource("data:;base64,YWJjZA==", limited)).toThrow("limit of 3 bytes");
  expect(() => parseSource("data:,abcd", limited)).toThrow("limit of 3 bytes");
  expect(() => parseSource(`data:,${"%41".repeat(5)}`, limited)).toThrow("limit of 3 bytes");
});

test("base64 of a picture without data: is decoded, other long words are paths", () => {
  const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), Buffer.alloc(60)]);
  expect(parseSource(png.toString("base64"))).toMatchObject({ kind: "bytes", media: "image", mediaType: null });
  expect(parseSource("a".repeat(100)).kind).toBe("path");
  expect(parseSource(`/9j/${"a".repeat(100)}.jpg`).kind).toBe("path");
});

test("bytes are kept, their container tells a video", () => {
  const bytes = Buffer.from("0000001866747970697 36f6d".replace(" ", ""), "hex");
  expect(parseSource(bytes)).toMatchObject({ kind: "bytes", media: "video" });
  expect((parseSource(bytes) as { bytes: Uint8Array }).bytes).toBe(bytes);
  expect(parseSource(new Uint8Array([1, 2]).buffer)).toMatchObject({ kind: "bytes", media: "image" });
});

test.each([
  ["1a45dfa3", "video"],
  [Buffer.from("RIFF0000AVI ").toString("hex"), "video"],
  [Buffer.from("RIFF0000WEBP").toString("hex"), "image"],
  [Buffer.from("0000ftypavif").toString("hex"), "image"],
  ["000001ba", "video"],
  ["ffd8ffe0", "image"],
  ["", "image"],
])("bytes %s are a %s", (hex, media) => {
  expect(mediaOfBytes(Buffer.from(hex, "hex"))).toBe(media);
});

test("pixels", () => {
  const data = new Uint8ClampedArray([1, 2, 3, 4, 5, 6]);
  const parsed = parseSource({ data, width: 2, height: 1, channels: 3 });
  expect(parsed).toMatchObject({ kind: "pixels", media: "image", width: 2, height: 1, channels: 3 });
  expect((parsed as { data: Uint8Array }).data.buffer).toBe(data.buffer);
});

test.each<[unknown, string]>([
  ["", "options.source is an empty text"],
  ["  ", "is an empty text"],
  [undefined, "got undefined"],
  [7, "got 7"],
  [["a.jpg"], "got a list of 1"],
  [{ path: "a.jpg" }, "got an object"],
  [new Uint8Array(0), "0 bytes"],
  ["ftp://example.org/a.jpg", 'the scheme "ftp:"'],
  ["rtsp://camera/1", 'the scheme "rtsp:"'],
  ["http://", "is no valid URL"],
  ["a\0b", "is no path or URL"],
  ["a".repeat(40_000), "is no path or URL"],
  [{ data: [1], width: 1, height: 1, channels: 1 }, "options.source.data must be a Uint8Array"],
  [{ data: new Uint8Array(2), width: 1, height: 1, channels: 3 }, "= 3 bytes; got 2"],
  [{ data: new Uint8Array(2), width: 1, height: 1, channels: 2 }, "options.source.channels must be 1 (grey)"],
  [{ data: new Uint8Array(3), width: 1.5, height: 1, channels: 3 }, "options.source.width must be an integer"],
  [{ data: new Uint8Array(3), width: 1, heigth: 1, channels: 3 }, 'Did you mean "height"?'],
])("%j is a mistake of the caller", (source, message) => {
  expect(() => parseSource(source as SourceInput)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  expect(() => parseSource(source as SourceInput)).toThrow(message);
});

test("24 video and 8 picture extensions are known", () => {
  expect([videoExtensions.size, imageExtensions.size]).toEqual([24, 8]);
  for (const extension of videoExtensions) expect(mediaOfPath(`a${extension.toUpperCase()}`)).toBe("video");
});

test("hostile texts are judged at once", () => {
  const texts = [
    `iVBORw0KGgo${" ".repeat(1e6)}!`,
    `data:${";".repeat(1e6)}`,
    `data:;base64,${"=".repeat(1e6)}`,
    `${"a".repeat(1e6)}:`,
  ];
  for (const text of texts) expect(() => parseSource(text)).toThrow();
});
