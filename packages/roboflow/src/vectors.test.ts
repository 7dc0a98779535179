import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { clientModeOf, type RoboflowService, roboflowServiceUrl } from "./configuration/api-url.ts";
import { configurationFields } from "./configuration/configuration-field.ts";
import { InferenceConfiguration } from "./configuration/inference-configuration.ts";
import { type InferTask, wireParameters } from "./configuration/wire-parameters.ts";
import { splitEmbeddings } from "./foundation/split-embeddings.ts";
import { downsizingLimit, shrinkTo } from "./images/image-scale.ts";
import { checkImageUrl, imageUrlPolicy } from "./images/image-url-policy.ts";
import { unwrapSingle } from "./infer/run-batches.ts";
import { modelAliases, resolveModelAlias } from "./models/model-aliases.ts";
import { rescalePrediction } from "./results/rescale-prediction.ts";
import { camelCase } from "./testing/compare-recording.ts";
import { isWorkflowImage } from "./workflows/decode-outputs.ts";

type Vectors = Record<string, Record<string, never>[]>;
const read = (name: string): unknown =>
  JSON.parse(
    readFileSync(fileURLToPath(new URL(`../../../fixtures/roboflow/client/${name}.json`, import.meta.url)), "utf8"),
  );
const vectors = read("vectors") as Vectors;

afterEach(() => {
  vi.unstubAllEnvs();
});

test("aliases", () => {
  const { aliases, count } = read("aliases") as { aliases: Record<string, string>; count: number };
  expect(Object.keys(modelAliases)).toHaveLength(count);
  for (const [alias, id] of Object.entries(aliases)) expect(resolveModelAlias(alias)).toBe(id);
  expect(resolveModelAlias("constructor")).toBe("constructor");
});

describe("configuration", () => {
  test("fields and defaults", () => {
    const configuration = new InferenceConfiguration() as unknown as Record<string, unknown>;
    for (const { field, default: value } of vectors.configuration_defaults!) {
      expect(configuration[camelCase(field)], field).toEqual(value);
    }
    const recorded = vectors.configuration_defaults!.map(({ field }) => camelCase(field));
    const own = ["modelDescriptionCache", "imageEncoding", "jpegQuality", "urlImages", "allowPrivateUrls"];
    expect(Object.keys(configurationFields).sort()).toEqual([...recorded, ...own].sort());
  });

  const mapping = vectors.configuration_mapping!;
  const base = (mapping[0] as unknown as { parameters: Record<string, Record<string, unknown>> }).parameters;
  test.each(mapping.map((row) => [String(row.field), row] as const))("mapping of %s", (_name, row) => {
    const { field, value, adds } = row as unknown as {
      field: string | null;
      value: unknown;
      adds?: Record<string, Record<string, unknown>>;
    };
    const configuration = new InferenceConfiguration(field === null ? {} : { [camelCase(field)]: value });
    const asQuery = (members: Record<string, unknown>): Record<string, string> =>
      Object.fromEntries(
        Object.entries(members).map(([k, v]) => [k, v === true ? "True" : v === false ? "False" : String(v)]),
      );
    const expected = (name: string): Record<string, unknown> => ({ ...base[name], ...adds?.[name] });
    expect(Object.fromEntries(wireParameters.v0Query(configuration))).toEqual(asQuery(expected("v0_query")));
    expect(Object.fromEntries(wireParameters.billingQuery(configuration))).toEqual(asQuery(expected("v1_query")));
    expect(wireParameters.sourceBody(configuration)).toEqual(expected("source_parameters"));
    for (const task of ["object-detection", "instance-segmentation", "keypoint-detection", "classification"]) {
      expect(wireParameters.v1Body(configuration, task as InferTask), task).toEqual(expected(`v1_${task}`));
    }
  });

  test.each([
    [{ confidence: 0.5 }, /confidenceThreshold/],
    [{ maxBatchSize: 1.5 }, /an integer; got 1.5/],
    [{ confidenceThreshold: "good" }, /"best" or "default"; got "good"/],
    [{ apiKeyTransport: "cookie" }, /one of legacy, both, header; got "cookie"/],
    [{ classFilter: "cat" }, /a list of texts/],
    [{ visualizePredictions: null }, /true or false; got null/],
    [{ tradeoffFactor: 2 }, /from 0 to 1/],
    [{ jpegQuality: 101 }, /from 1 to 100/],
  ])("refuses %j", (fields, message) => {
    expect(() => new InferenceConfiguration(fields as object)).toThrow(message);
  });

  test("is immutable, copies lists, hides the service secret", () => {
    const classFilter = ["a"];
    const configuration = new InferenceConfiguration({ classFilter, serviceSecret: "hush-hush" });
    classFilter.push("b");
    expect(configuration.classFilter).toEqual(["a"]);
    expect(() => Object.assign(configuration, { maxBatchSize: 2 })).toThrow(TypeError);
    expect(configuration.with({ maxBatchSize: 2 }).serviceSecret).toBe("hush-hush");
    expect(JSON.stringify(configuration)).not.toContain("hush");
  });
});

test.each(vectors.client_mode!)("mode of $api_url", ({ api_url, returns }) => {
  expect(clientModeOf(api_url)).toBe(returns);
});

test.each(vectors.regions!)("region %#", ({ env, service, returns }) => {
  for (const name of ["ROBOFLOW_REGION", "ROBOFLOW_ENVIRONMENT", "PROJECT"]) vi.stubEnv(name, env[name] ?? "");
  expect(roboflowServiceUrl(service as RoboflowService)).toBe(returns);
});

describe("downsizing", () => {
  test.each(vectors.downsizing_params!)("limit %#", (row) => {
    const model = row.model ? { inputHeight: row.input_height, inputWidth: row.input_width } : null;
    const limit = downsizingLimit({ clientDownsizingDisabled: row.disabled, defaultMaxInputSize: row.default }, model);
    const [height, width] = row.returns as (number | null)[];
    expect(limit).toEqual(height === null ? null : { width, height });
  });

  const sized = vectors.resized_dims!.filter(({ max_h }) => max_h !== null);
  test.each(sized)("size of $h x $w in $max_h x $max_w", ({ h, w, max_h, max_w, returns }) => {
    if (max_w === null) return;
    const scale = shrinkTo({ width: w, height: h }, { width: max_w, height: max_h });
    // Where Python fails because a side would have no pixel, ours keeps one.
    const { width, height } = returns ?? { width: Math.max(1, Math.floor((w * max_w) / Math.max(w, h))), height: 1 };
    if (returns === undefined) expect(Math.min(scale!.sent.width, scale!.sent.height)).toBe(1);
    else expect(scale === null ? { width: w, height: h } : scale.sent).toEqual({ width, height });
  });

  const plain = vectors.rescale!.filter(({ name }) => !["image-list", "points-and-keypoints", "rle"].includes(name));
  test.each(plain)("rescales $name by $factor", ({ prediction, factor, returns }) => {
    const side = 3000;
    const scale =
      factor === null
        ? null
        : { original: { width: side, height: side }, sent: { width: side * factor, height: side * factor } };
    expectClose(rescalePrediction(prediction, scale), returns);
  });
});

/** Equal except for the last digits of numbers, and for half pixels, which Python rounds to even. */
function expectClose(seen: unknown, recorded: unknown): void {
  if (typeof recorded === "number") {
    expect(seen).toBeTypeOf("number");
    expect(Math.abs((seen as number) - recorded)).toBeLessThan(1e-9);
    return;
  }
  if (typeof recorded !== "object" || recorded === null) return void expect(seen).toEqual(recorded);
  expect(Object.keys(seen as object)).toEqual(Object.keys(recorded));
  for (const [key, value] of Object.entries(recorded)) expectClose((seen as Record<string, unknown>)[key], value);
}

test.each(vectors.unwrap!)("unwrap $value", ({ value, returns }) => {
  expect(unwrapSingle(value)).toEqual(returns);
});

test.each(vectors.is_workflow_image!)("workflow image $value", ({ value, returns }) => {
  expect(isWorkflowImage(value)).toBe(returns);
});

describe("embeddings of a batch", () => {
  const list = (responses: unknown): never[] => (Array.isArray(responses) ? responses : [responses]) as never[];
  test.each(vectors.combine_clip!.filter(({ returns }) => returns !== undefined))("CLIP %#", (row) => {
    expect(splitEmbeddings(list(row.responses), ["frame_id", "time"], "/x")).toEqual(row.returns);
  });
  test.each(vectors.split_image_embeddings!)("models %#", (row) => {
    const split = () => splitEmbeddings(list(row.responses), "all", "/x");
    if (row.returns === undefined) expect(split).toThrow("without embeddings");
    else expect(split()).toEqual(row.returns);
  });
});

test.each(vectors.url_policy!)("URL policy of $url with $flags", ({ url, flags, returns }) => {
  for (const [name, value] of Object.entries(flags as Record<string, unknown>)) vi.stubEnv(name, String(value));
  if (returns === undefined) expect(() => checkImageUrl(url, imageUrlPolicy())).toThrow(/URL|host/);
  else expect(checkImageUrl(url, imageUrlPolicy())).toBe(returns);
});
