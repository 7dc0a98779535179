// The recorded workflows: outputs, or status, class, phase and steps of an error.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { differences, errorOf, expect } from "./compare-answer.mjs";

/** Depend on what the server process did before (counters of trackers) or on the order of steps that run at once. */
const unstable = new Set(["trackers-sort-two-frames", "cache-set-get"]);

/** Runs every recorded workflow through `runWorkflow`. */
export async function checkWorkflows({ client, check, fixtures, read }) {
  const images = join(fixtures, "images");
  const raw = client.with({ configuration: { outputVisualisationFormat: "raw", workflowRunRetriesEnabled: false } });
  for (const file of readdirSync(join(fixtures, "workflows")).filter((name) => name.endsWith(".json"))) {
    for (const { id, request, response } of read(`workflows/${file}`).cases) {
      if (unstable.has(id)) continue;
      await check(`workflow ${file} ${id}`, async () => {
        const { specification, inputs, excluded_fields: excludedFields } = request;
        const call = raw.runWorkflow({
          specification,
          parameters: fillPictures(inputs, images),
          ...(excludedFields === undefined ? {} : { excludedFields }),
        });
        if (response.status === 200) return await differences(await call, response.json.outputs, "outputs");
        const { status, errorType, context, blocksErrors } = await errorOf(call);
        const place = ({ block_id, property_name }) => `${block_id}.${property_name}`;
        const seen = [status, errorType, context, (blocksErrors ?? []).map(place)];
        const { error_type = null, context: phase = null, blocks_errors } = response.json;
        const wanted = [response.status, error_type, phase, (blocks_errors ?? []).map(place)];
        return expect(
          JSON.stringify(seen) === JSON.stringify(wanted),
          `${JSON.stringify(seen)} instead of ${JSON.stringify(wanted)}`,
        );
      });
    }
  }
  await check("workflow with our own encoding of its picture", async () => {
    const { request, response } = read("workflows/general.json").cases.find(({ id }) => id === "passthrough-image");
    const path = join(images, request.inputs.image.$image);
    const result = await raw.runWorkflow({ specification: request.specification, images: { image: path } });
    return await differences(result, response.json.outputs, "outputs");
  });
}

/** `{ $image: name }` as the API's picture; `raw` as base64 text, `datauri` with its prefix; siblings stay. */
function fillPictures(value, images) {
  if (Array.isArray(value)) return value.map((entry) => fillPictures(entry, images));
  if (typeof value !== "object" || value === null) return value;
  if (typeof value.$image !== "string") {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, fillPictures(entry, images)]));
  }
  const { $image, raw, datauri, ...siblings } = value;
  const base64 = readFileSync(join(images, $image)).toString("base64");
  const text = datauri ? `data:image/png;base64,${base64}` : base64;
  return raw ? text : { type: "base64", ...siblings, value: text };
}
