import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { AbortedError, SourceNotFoundError, UnsupportedMediaError } from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ExpandFolderOptions, expandFolder } from "./expand-folder.ts";
import { isFolder } from "./is-folder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ocellus-expand-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const touch = (...names: string[]): void => {
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "x");
  }
};
const list = async (options?: ExpandFolderOptions): Promise<string[]> =>
  (await expandFolder(folder, options)).map((path) => relative(folder, path).split(sep).join("/"));
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("did not fail"),
    (e) => e,
  );

describe("expandFolder", () => {
  it("lists every supported extension in any case, and nothing hidden or foreign", async () => {
    touch("a.jpg", "b.JPEG", "c.Png", "d.bmp", "e.gif", "f.tif", "g.TIFF", "h.webp");
    touch(".hidden.png", "clip.mp4", "readme.txt", "i.svg", "jpg", "sub/k.png");
    expect(await list()).toEqual(["a.jpg", "b.JPEG", "c.Png", "d.bmp", "e.gif", "f.tif", "g.TIFF", "h.webp"]);
  });

  it("sorts by the whole path, upper case first", async () => {
    touch("10.png", "9.png", "a/2.png", "a/10.png", "a-1.png", "B.png", "a/.git/z.png", "b/c/1.png");
    const sorted = ["10.png", "9.png", "B.png", "a-1.png", "a/10.png", "a/2.png", "b/c/1.png"];
    expect(await list({ recursive: true })).toEqual(sorted);
  });

  it("reads a folder of 10,000 entries, half of them no pictures", async () => {
    for (let i = 0; i < 10_000; i++) writeFileSync(join(folder, `${i}.${i % 2 === 0 ? "jpg" : "txt"}`), "");
    expect(await list()).toHaveLength(5000);
    const half = await failure(expandFolder(folder, { limit: 4999 }));
    expect(UnsupportedMediaError.isInstance(half)).toBe(true);
  });

  it("follows links, and loops of them once", async () => {
    touch("real/1.png");
    symlinkSync(folder, join(folder, "real", "loop"));
    symlinkSync(join(folder, "real", "1.png"), join(folder, "link.png"));
    symlinkSync(join(folder, "nowhere"), join(folder, "broken.png"));
    expect(await list({ recursive: true })).toEqual(["link.png", "real/1.png"]);
  });

  it("says what is wrong with an empty, missing or endless folder", async () => {
    touch("sub/1.png", "sub/2.png");
    const empty = await failure(expandFolder(folder));
    expect(SourceNotFoundError.isInstance(empty) && empty.message).toMatch(/Set recursive/);
    const missing = await failure(expandFolder(join(folder, "gone")));
    expect(SourceNotFoundError.isInstance(missing) && missing.message).toContain("gone");
    const crowded = await failure(expandFolder(folder, { recursive: true, limit: 1 }));
    expect(UnsupportedMediaError.isInstance(crowded) && crowded.message).toContain("more than 1");
    const aborted = await failure(expandFolder(folder, { signal: AbortSignal.abort() }));
    expect(AbortedError.isInstance(aborted)).toBe(true);
  });
});

it("isFolder looks through links and never throws", () => {
  touch("a.png");
  symlinkSync(folder, join(folder, "link"));
  expect([folder, join(folder, "link"), "~"].map(isFolder)).toEqual([true, true, true]);
  expect([join(folder, "a.png"), join(folder, "gone"), "\0", ""].map(isFolder)).toEqual([false, false, false, false]);
});
