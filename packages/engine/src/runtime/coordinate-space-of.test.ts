import { expect, test } from "vitest";
import { coordinateSpaceOf } from "./coordinate-space-of.ts";

const plain = { has: () => false };
const run = { has: (file: string) => file === "run.json" };

test("the caller counts more than the metadata, that more than run.json, and that more than the family", () => {
  const from = (stated: Parameters<typeof coordinateSpaceOf>[0]["stated"], ...files: (typeof plain)[]) =>
    coordinateSpaceOf({ stated, files: [plain, ...files], family: "pixels" });
  expect(from(["unit", "relative-999"], run)).toBe("unit");
  expect(from([undefined, "relative-999"], run)).toBe("relative-999");
  expect(from([undefined, undefined], run)).toBe("relative-1024");
  expect(from([undefined, undefined], plain)).toBe("pixels");
  expect(coordinateSpaceOf({ stated: [], files: [plain], family: undefined })).toBeUndefined();
});
