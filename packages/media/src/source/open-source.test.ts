import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import {
  AbortedError,
  InvalidArgumentError,
  type ParsedSource,
  SourceNotFoundError,
  UnsupportedMediaError,
} from "@ocellus/core";
import { afterAll, describe, expect, it } from "vitest";
import { expandHome } from "./expand-home.ts";
import { openPicture } from "./open-picture.ts";
import { openSource } from "./open-source.ts";

const folder = mkdtempSync(join(tmpdir(), "ocellus-open-source-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const path = (value: string): ParsedSource => ({ kind: "path", path: value, label: value, media: "image" });
const url: ParsedSource = { kind: "url", url: "https://host/a.png?key=1", label: "https://host/a.png", media: "image" };
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error("did not fail"),
    (e) => e,
  );

describe("openSource with a path", () => {
  it("reads the bytes", async () => {
    const opened = await openSource(path(file("a.bin", Uint8Array.of(1, 2, 3))));
    expect(opened).toMatchObject({ kind: "bytes", bytes: Uint8Array.of(1, 2, 3) });
  });

  it("names a missing file as given and as resolved", async () => {
    const error = await failure(openSource(path("no/such.png")));
    expect(SourceNotFoundError.isInstance(error)).toBe(true);
    expect(error.message).toContain("'no/such.png'");
    expect(error.message).toContain(join(process.cwd(), "no/such.png"));
  });

  it("says when a part of the path is a file", async () => {
    const error = await failure(openSource(path(join(file("plain", "x"), "a.png"))));
    expect(SourceNotFoundError.isInstance(error)).toBe(true);
    expect(error.message).toContain("not a folder");
  });

  it("refuses an empty file, a folder, and what is too large before reading it", async () => {
    const cases = [
      [() => openSource(path(file("empty.png", ""))), /empty \(0 bytes\)/],
      [() => openSource(path(folder)), /is a folder/],
      [() => openSource(path(file("large.png", "12345")), { maxBytes: 4 }), /5 bytes.*limit of 4/],
    ] as const;
    for (const [open, pattern] of cases) {
      const error = await failure(open());
      expect(UnsupportedMediaError.isInstance(error)).toBe(true);
      expect(error.message).toMatch(pattern);
    }
  });

  it.skipIf(process.platform === "win32")("refuses a pipe and a device instead of waiting for them", async () => {
    const pipe = join(folder, "pipe.png");
    execFileSync("mkfifo", [pipe]);
    for (const special of [pipe, "/dev/zero"]) {
      const error = await failure(openSource(path(special)));
      expect(UnsupportedMediaError.isInstance(error)).toBe(true);
      expect(error.message).toContain("no regular file");
    }
  });

  it("stops at an aborted signal", async () => {
    const error = await failure(openSource(path(file("b.bin", "x")), { signal: AbortSignal.abort("enough") }));
    expect(AbortedError.isInstance(error)).toBe(true);
    expect(error.cause).toBe("enough");
  });

  it("expands ~ and nothing else", () => {
    expect(expandHome("~")).toBe(join(homedir()));
    expect(expandHome("~/pictures/a.png")).toBe(join(homedir(), "pictures/a.png"));
    expect(expandHome("a/~/b")).toBe("a/~/b");
    expect(expandHome("~other/b")).toBe("~other/b");
  });
});

describe("openSource with a URL", () => {
  it("hands URL, limit and signal to openUrl", async () => {
    const { signal } = new AbortController();
    const calls: unknown[] = [];
    const openUrl = async (...call: unknown[]): Promise<Uint8Array> => {
      calls.push(call);
      return Uint8Array.of(9);
    };
    const opened = await openSource(url, { openUrl, signal, maxBytes: 77 });
    expect(opened).toEqual({ kind: "bytes", bytes: Uint8Array.of(9), label: "https://host/a.png" });
    expect(calls).toEqual([["https://host/a.png?key=1", { signal, maxBytes: 77 }]]);
  });

  it("refuses empty and oversized answers, and a missing openUrl", async () => {
    const empty = await failure(openSource(url, { openUrl: async () => new Uint8Array() }));
    expect(UnsupportedMediaError.isInstance(empty) && empty.message).toMatch(/empty/);
    const large = await failure(openSource(url, { openUrl: async () => new Uint8Array(9), maxBytes: 8 }));
    expect(UnsupportedMediaError.isInstance(large) && large.message).toMatch(/9 bytes/);
    const none = await failure(openSource(url));
    expect(InvalidArgumentError.isInstance(none) && none.message).toMatch(/openUrl/);
    expect(none.message).not.toContain("key=1");
  });
});

describe("openPicture", () => {
  it("names the file in a decoding error", async () => {
    mkdirSync(join(folder, "sub"), { recursive: true });
    const error = await failure(openPicture(path(file("sub/note.png", "just text"))));
    expect(UnsupportedMediaError.isInstance(error)).toBe(true);
    expect(error.message).toContain(basename("note.png"));
    expect(error.message).toContain("is text");
  });

  it("takes raw pixels as they are", async () => {
    const source: ParsedSource = {
      kind: "pixels",
      media: "image",
      label: "pixels 1×1",
      data: Uint8Array.of(4),
      width: 1,
      height: 1,
      channels: 1,
    };
    expect(await openPicture(source)).toEqual({ data: Uint8Array.of(4, 4, 4), width: 1, height: 1 });
  });
});
