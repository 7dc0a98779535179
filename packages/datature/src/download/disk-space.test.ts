import { tmpdir } from "node:os";
import { ModelLoadError } from "@ocellus/core";
import { expect, test } from "vitest";
import { checkDiskSpace, explainFileError } from "./disk-space.ts";

test("room is compared before anything is written", async () => {
  await checkDiskSpace(tmpdir(), 1);
  await expect(checkDiskSpace(tmpdir(), 1e18)).rejects.toThrow(/has .* GB free; the model needs 1000000000\.0 GB/);
});

test("a disk that runs full all the same is told with its folder; other errors stay what they are", () => {
  const full = Object.assign(new Error("write"), { code: "ENOSPC" });
  const explained = explainFileError(full, "/models/r");
  expect(ModelLoadError.isInstance(explained)).toBe(true);
  expect(explained).toMatchObject({ message: expect.stringContaining("/models/r: the disk is full"), cause: full });
  const other = new Error("else");
  expect(explainFileError(other, "/models/r")).toBe(other);
});
