import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { main } from "../../examples/save-frames.ts";
import { decodeImage } from "../image/decode-image.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));

test("the example saves one frame of every second", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ocellus-save-frames-"));
  const files = await main(`${fixtures}videos/lossless.mkv`, folder);
  expect(files.map((file) => basename(file))).toEqual(["frame-0.png", "frame-2.png", "frame-4.png"]);
  const last = await decodeImage(await readFile(files[2]!));
  expect(last).toEqual(await decodeImage(await readFile(`${fixtures}images/frame4.png`)));
  await rm(folder, { recursive: true });
});
