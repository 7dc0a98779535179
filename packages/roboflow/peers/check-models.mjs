// Registry and inference of the seven toy models against the recorded numbers, in both modes.
import { join } from "node:path";
import { differences, expect } from "./compare-answer.mjs";

/** Info, and the registry from empty to empty. */
export async function checkRegistry({ client, check }) {
  await check("info", async () => {
    const { name, version } = await client.getServerInfo();
    return expect(name === "Roboflow Inference Server" && version === "1.8.3", `${name} ${version}`);
  });
  await check("registry: clear, empty, load, list, describe, unload", async () => {
    const ids = ({ models }) => models.map(({ modelId }) => modelId).join();
    const seen = [
      ids(await client.unloadAllModels()),
      ids(await client.listLoadedModels()),
      ids(await client.loadModel("toy-od/1", { setAsDefault: true })),
      client.selectedModel,
      ids(await client.listLoadedModels()),
    ];
    const { taskType, inputWidth, inputHeight, batchSize } = await client.getModelDescription("toy-od/1");
    seen.push(
      taskType,
      inputWidth,
      inputHeight,
      batchSize,
      ids(await client.unloadModel("toy-od/1")),
      client.selectedModel,
    );
    const wanted = ["", "", "toy-od/1", "toy-od/1", "toy-od/1", "object-detection", 64, 64, null, "", null];
    return expect(JSON.stringify(seen) === JSON.stringify(wanted), JSON.stringify(seen));
  });
}

/** Every task of the recording, in both modes, with and without options. */
export async function checkTasks({ client, check, fixtures, read }) {
  const images = join(fixtures, "images");
  const { cases } = read("server/http.json");
  const byId = (id) => cases.find((each) => each.id === id);
  const settings = {
    confidence: "confidenceThreshold",
    iou_threshold: "iouThreshold",
    class_agnostic_nms: "classAgnosticNms",
    max_detections: "maxDetections",
    class_filter: "classFilter",
    response_mask_format: "responseMaskFormat",
    keypoint_confidence: "keypointConfidenceThreshold",
    visualize_predictions: "visualizePredictions",
    visualization_labels: "visualizeLabels",
    visualization_stroke_width: "strokeWidth",
    format: "format",
    overlap: "iouThreshold",
    labels: "visualizeLabels",
  };
  const configurationOf = (members) =>
    Object.fromEntries(
      Object.entries(settings).flatMap(([wire, field]) => (wire in members ? [[field, members[wire]]] : [])),
    );
  const v1 = ["od", "od-shapes", "od-confidence-0.9", "od-confidence-best", "od-iou-1", "od-agnostic", "od-max-2"];
  v1.push(
    "od-filter",
    "od-visualize",
    "od-exif",
    "od-rgba",
    "is",
    "is-rle",
    "kp",
    "kp-threshold",
    "cls",
    "cls-zero",
    "multi",
    "sem",
  );
  for (const id of v1) {
    const { request, response } = byId(id);
    await check(`V1 ${id}`, async () => {
      const caller = client.with({
        configuration: { ...configurationOf(request.json), outputVisualisationFormat: "raw" },
      });
      const result = await caller.infer(join(images, request.json.image.$image), { modelId: request.json.model_id });
      return await differences(result, response.json);
    });
  }
  await check("V1 od-batch", async () => {
    const { request, response } = byId("od-batch");
    const caller = client.with({ configuration: { maxBatchSize: 2 } });
    const paths = request.json.image.map(({ $image }) => join(images, $image));
    return await differences(await caller.infer(paths, { modelId: "toy-od/1" }), response.json);
  });
  for (const id of ["v0-base64", "v0-confidence-40", "v0-overlap-90", "v0-format-both", "v0-cls", "v0-sem"]) {
    const { request, response } = byId(id);
    await check(`V0 ${id}`, async () => {
      const caller = client.with({ mode: "v0", configuration: configurationOf(request.query ?? {}) });
      return await differences(
        await caller.infer(join(images, request.data.$image), { modelId: request.path.slice(1) }),
        response.json,
      );
    });
  }
  for (const [v0, id] of [
    ["toy-is/1", "is"],
    ["toy-kp/1", "kp"],
    ["toy-multi/1", "multi"],
  ]) {
    await check(`V0 ${v0} as V1`, async () => {
      const image = join(images, byId(id).request.json.image.$image);
      const configuration = configurationOf(byId(id).request.json);
      const hosted = await client.with({ mode: "v0", configuration }).infer(image, { modelId: v0 });
      const own = await client.with({ configuration }).infer(image, { modelId: v0 });
      const strip = (value) =>
        JSON.parse(JSON.stringify(value, (key, entry) => (/_id$|^time$/.test(key) && key !== "class_id" ? 0 : entry)));
      return await differences(strip(hosted), strip(own));
    });
  }
  await check("downsizing: boxes lie where those of the full picture do", async () => {
    const image = join(images, "shapes-320x240.png");
    const options = { modelId: "toy-od/1" };
    const full = await client.infer(image, options);
    const small = await client
      .with({ configuration: { clientDownsizingDisabled: false, imageEncoding: "png" } })
      .infer(image, options);
    const off = Math.max(
      ...small.predictions
        .slice(0, 5)
        .map((box) => Math.min(...full.predictions.map((other) => Math.hypot(box.x - other.x, box.y - other.y)))),
    );
    return [
      ...expect(small.image.width === 320 && small.image.height === 240, JSON.stringify(small.image)),
      ...expect(off < 6, `off by ${off} pixels`),
    ];
  });
}
