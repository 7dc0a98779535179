import { readdir, rename } from "node:fs/promises";
import { unwrap } from "@ocellus/core";
import { openPicture } from "@ocellus/media";
import { expect, test } from "vitest";
import { openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { familyOf } from "../families/registry.ts";
import { loadModel } from "../load-model.ts";
import { goldenMessages, readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { pixelHash, readNormalisation } from "./pixel-hash.ts";
import { copyCheckpoint, fixturesFolder } from "./scratch-checkpoint.ts";

const golden = readGoldenCheckpoint("deepseek_ocr");
const baseMode = golden.cases.find(({ id }) => id === "base-mode")!;
const cut = golden.cases.filter(({ id, image_pil }) => id !== "base-mode" && image_pil !== undefined);

test("the whole view has the pixels of the reference, and as many tiles go before it", async () => {
  await using checkpoint = await openModelCheckpoint(golden.folder);
  const model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
  for (const { image_pil, pixels, ...recorded } of cut) {
    const part = goldenMessages(recorded as never)[0]!.content.find(({ type }) => type === "image");
    if (part?.type !== "image") throw new Error("the case has no picture");
    const runs = [...model.prepareImage(await openPicture(part.source), 1).feeds];
    const { shape, u8 } = image_pil!.pixels;
    expect(pixelHash([{ feeds: runs.slice(-1) }], shape, readNormalisation(golden.folder))).toBe(u8!.sha256);
    const patches = runs.slice(0, -1).reduce((sum, { pixel_values }) => sum + pixel_values!.dims[0]!, 0);
    const [tiles, , , side] = pixels.pixel_values_local?.torchvision?.shape ?? [0, 0, 0, 0];
    expect(patches).toBe(tiles! * (side! / 16) ** 2);
  }
});

test("the layout of transformers, in a mode without tiles", async () => {
  const scratch = await copyCheckpoint("deepseek_ocr");
  try {
    for (const file of await readdir(scratch.path("native"))) {
      await rename(scratch.path(`native/${file}`), scratch.path(file));
    }
    await scratch.edit("preprocessor_config.json", (json) => ({ ...json, crop_to_patches: false }));
    // Published checkpoints come with code of their own, which is never looked at.
    const code = { auto_map: { AutoModel: "modeling.Model" }, trust_remote_code: true };
    await scratch.edit("config.json", (json) => ({ ...json, ...code }));
    await scratch.write("modeling.py", "raise SystemExit(1)");
    await using model = await loadModel(scratch.folder, { precision: "float32", cacheFolder: scratch.cacheFolder });
    const [shown, asked] = baseMode.messages[0]!.content as unknown as [{ path: string }, { text: string }];
    const response = unwrap(
      await model({
        source: `${fixturesFolder}images/${shown.path}`,
        userPrompt: asked.text,
        generationConfig: { maxNewTokens: 24, minNewTokens: 24, repetitionPenalty: 1 },
      }),
    );
    expect(response.usage.inputTokens).toBe(baseMode.input_ids.length);
    expect(response.tokenIds).toEqual(baseMode.image_pil!.greedy.ids);
    expect(model.info.coordinateSpace).toBe("relative-999");
  } finally {
    await scratch.delete();
  }
});

test("without a template, and without settings of transformers: pictures up to 640 pixels are not cut", async () => {
  const scratch = await copyCheckpoint("deepseek_ocr");
  try {
    await scratch.remove("native/preprocessor_config.json");
    await using checkpoint = await openModelCheckpoint(scratch.folder);
    const model = await familyOf(await checkpoint.readJson("config.json")).open(checkpoint, {});
    const picture = await openPicture({
      kind: "path",
      media: "image",
      path: `${fixturesFolder}images/big.png`,
      label: "",
    });
    // A whole of 192 pixels, the published processor's only size here: 3 lines of 3 cells and the newline, separator.
    expect(model.prepareImage(picture, 1).tokens).toBe(13);
    expect(checkpoint.has("chat_template.jinja")).toBe(false);
  } finally {
    await scratch.delete();
  }
});
