import { expect, test } from "vitest";
import { importOptional } from "./lazy-dependency.ts";

test("a package that is there is returned", async () => {
  expect(await importOptional("node:path", () => import("node:path"))).toHaveProperty("join");
});

test("one that is not says how to install it", async () => {
  const cause = new Error("Cannot find package 'sharp'\nRequire stack: …");
  const load = () => Promise.reject(cause);
  await expect(importOptional("sharp", load)).rejects.toMatchObject({
    code: "missing-dependency",
    packageName: "sharp",
    installHint: "npm install sharp",
    message: expect.stringContaining("(Cannot find package 'sharp'). Install it with: npm install sharp"),
    cause,
  });
  await expect(importOptional("ffmpeg", load, "apt install ffmpeg")).rejects.toMatchObject({
    installHint: "apt install ffmpeg",
  });
});
