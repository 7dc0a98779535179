import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { decodeImage } from "@ocellus/media";
import type { InferenceHTTPClient } from "../client/inference-http-client.ts";
import { camelCase } from "./compare-recording.ts";
import type { GoldenCase } from "./golden-case.ts";

/** First parameters of Python's methods: positional here, too. */
const positional = ["inference_input", "input_uri", "video_reference", "subject", "text", "pipeline_id"];
const modelFirst = ["load_model", "unload_model", "get_model_description", "select_model"];

/** Makes one recorded call on a client, inside its context managers. */
export async function replayCall(
  client: InferenceHTTPClient,
  call: GoldenCase["calls"][number],
  images: string,
  base: string,
): Promise<unknown> {
  const scoped = (call.within ?? []).reduce(enter, client);
  const args = (await argument(call.args ?? {}, images, base)) as Record<string, unknown>;
  const method = (scoped as unknown as Record<string, (...values: unknown[]) => unknown>)[camelCase(call.method)];
  if (method === undefined) throw new Error(`no method for ${call.method}`);
  const bound = method.bind(scoped);
  if (call.method === "configure") return bound(camelKeys(args));
  const first = modelFirst.includes(call.method) ? "model_id" : positional.find((name) => name in args);
  const { [first ?? ""]: leading, ...rest } = args;
  const values = first === undefined ? [camelKeys(rest)] : [leading, camelKeys(rest)];
  const result = bound(...(call.method === "select_model" ? [leading] : values));
  return call.method === "infer_on_stream" ? await collect(result as AsyncIterable<unknown>) : await result;
}

/** Python's context managers, as clones. */
function enter(client: InferenceHTTPClient, [name, value]: readonly [string, unknown?]): InferenceHTTPClient {
  if (name === "use_model") return client.with({ model: value as string });
  if (name === "use_api_v0") return client.with({ mode: "v0" });
  if (name === "use_api_v1") return client.with({ mode: "v1" });
  return client.with({ configuration: camelKeys({ ...baseConfiguration, ...(value as object) }) });
}

/** What every replay is run with: one of the conditions, and loopback pictures. */
export const baseConfiguration = { allow_private_urls: true, model_description_cache: false } as const;

/** Names of the top level in camelCase; values are the caller's own. */
export const camelKeys = (value: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).map(([key, entry]) => [camelCase(key), entry]));

async function collect(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const list: unknown[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** Recorded arguments as a caller of this package gives them. */
async function argument(value: unknown, images: string, base: string): Promise<unknown> {
  if (typeof value === "string") return value.replaceAll("<BASE>", base).replaceAll("<IMAGES>", images);
  if (Array.isArray(value)) return await Promise.all(value.map((entry) => argument(entry, images, base)));
  if (typeof value !== "object" || value === null) return value;
  const { $image: name, as = "path" } = value as { $image?: unknown; as?: string };
  if (typeof name === "string") return await picture(name, as, images, base);
  const entries = Object.entries(value).map(
    async ([key, entry]) => [key, await argument(entry, images, base)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function picture(name: string, as: string, images: string, base: string): Promise<unknown> {
  const path = join(images, name);
  if (as === "path") return path;
  if (as === "url") return `${base}/img/${name}`;
  if (as === "pathlib") return pathToFileURL(path);
  const bytes = readFileSync(path);
  if (as === "bytes") return bytes;
  if (as === "b64") return bytes.toString("base64");
  if (as === "data-uri") return `data:image/png;base64,${bytes.toString("base64")}`;
  return { ...(await decodeImage(bytes)), channels: 3 };
}
