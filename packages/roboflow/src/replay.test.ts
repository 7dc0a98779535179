import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentLogger, VisionError } from "@ocellus/core";
import { describe, expect, test } from "vitest";
import { InferenceHTTPClient } from "./client/inference-http-client.ts";
import { RecordingComparison } from "./testing/compare-recording.ts";
import { type Deviation, deviations } from "./testing/deviations.ts";
import type { GoldenCase, GoldenExchange, GoldenFile, GoldenOutcome } from "./testing/golden-case.ts";
import { baseConfiguration, camelKeys, replayCall } from "./testing/replay-call.ts";
import { type ReplayStub, type SeenRequest, startReplayStub } from "./testing/replay-stub.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/roboflow", import.meta.url));
const images = join(fixtures, "images");

/** Names of Python's exceptions and of what is thrown here instead. */
const errorNames: Readonly<Record<string, readonly string[]>> = {
  HTTPCallErrorError: ["HTTPCallError"],
  HTTPServerConnectionError: ["ConnectionError"],
  InvalidModelIdentifier: ["InvalidModelIdentifierError"],
  APIKeyNotProvided: ["ApiKeyNotProvidedError"],
  KeyError: ["InvalidResponseError"],
  JSONDecodeError: ["InvalidResponseError"],
  ValueError: ["InvalidResponseError", "InvalidParameterError"],
  Exception: ["SourceNotFoundError"],
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

async function requestDifferences(
  compare: RecordingComparison,
  seen: SeenRequest,
  { request }: GoldenExchange,
  place: string,
): Promise<string[]> {
  const headers = Object.fromEntries(
    ["content-type", "authorization", "execution_id"].flatMap((name) =>
      seen.headers[name] === undefined ? [] : [[name, seen.headers[name]]],
    ),
  );
  const body = request.body === "json" ? parsed(seen.body) : seen.body;
  const recorded = request.body === "json" ? request.json : request.body === "text" ? request.text : "";
  const found = await Promise.all([
    compare.differences(seen.method, request.method, `${place} method`),
    compare.differences(seen.path.replace(/^\/\//, "/"), request.path, `${place} path`),
    compare.differences(seen.query, request.query, `${place} query`),
    request.raw_query === undefined ? [] : compare.differences(seen.rawQuery, request.raw_query, `${place} raw query`),
    compare.differences(headers, request.headers, `${place} headers`),
    compare.differences(body, recorded, `${place} body`),
  ]);
  return found.flat();
}

async function outcomeDifferences(
  compare: RecordingComparison,
  result: unknown,
  recorded: GoldenOutcome,
  client: InferenceHTTPClient,
): Promise<string[]> {
  const { raises } = recorded;
  const selected =
    (recorded.selected_model_after ?? null) === client.selectedModel ? [] : ["another model is selected"];
  if (raises === undefined) {
    if (recorded.returns === "self") return result === client ? selected : ["does not return itself"];
    return [...selected, ...(await compare.differences(result, recorded.returns, "result"))];
  }
  return await errorDifferences(compare, result, raises);
}

async function errorDifferences(
  compare: RecordingComparison,
  result: unknown,
  raises: NonNullable<GoldenOutcome["raises"]>,
): Promise<string[]> {
  if (!VisionError.isInstance(result)) {
    return [`returned ${JSON.stringify(result)?.slice(0, 200)}; ${raises.class} was raised`];
  }
  const names = errorNames[raises.class] ?? [raises.class];
  const found = names.includes(result.name)
    ? []
    : [`threw ${result.name} (${result.message}), not ${names.join(" or ")}`];
  const { status, apiMessage, detail } = result as { status?: unknown; apiMessage?: unknown; detail?: unknown };
  if (raises.status_code !== undefined && status !== raises.status_code) found.push(`status ${status}`);
  if (raises.api_message === undefined) return found;
  // A list is the detail of a validation error; "N/A" stands for no message at all.
  const own = Array.isArray(raises.api_message) ? detail : (apiMessage ?? "N/A");
  return [...found, ...(await compare.differences(own, raises.api_message, "server message"))];
}

interface Replay {
  readonly differences: string[];
  readonly results: readonly unknown[];
  readonly stub: ReplayStub;
}

/** Plays a case and returns every difference from the recording. */
async function replay(golden: GoldenCase, apiKey: string): Promise<Replay> {
  const comparison = (base: string): RecordingComparison =>
    new RecordingComparison(images, {
      "<BASE>": base,
      "<API_KEY>": apiKey,
      "<IMAGES>": images,
      "<HOST>": new URL(base).host,
    });
  const isSame = async (seen: SeenRequest, exchange: GoldenExchange, base: string): Promise<boolean> =>
    (await requestDifferences(comparison(base), seen, exchange, "")).length === 0;
  const stub = await startReplayStub(golden, apiKey, images, isSame);
  const compare = comparison(stub.url);
  const { configuration, mode, api_url, api_key, execution_id } = golden.client;
  const client = new InferenceHTTPClient({
    apiUrl: api_url.replaceAll("<BASE>", stub.url),
    apiKey: api_key?.replaceAll("<API_KEY>", apiKey) ?? null,
    ...(mode === "by-url" ? {} : { mode }),
    executionId: execution_id,
    configuration: camelKeys({ ...baseConfiguration, ...configuration }),
    maxRetryDelayMs: 1,
    logger: silentLogger,
  });
  const results: unknown[] = [];
  const differences: string[] = [];
  try {
    for (const [index, call] of golden.calls.entries()) {
      const played = await replayCall(client, call, images, stub.url).catch((error: unknown) => error);
      // "sort" marks the scan of a folder, whose order is arbitrary in Python.
      const byReference = (a: unknown[], b: unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1);
      const result = call.sort === true ? [...(played as unknown[][])].sort(byReference) : played;
      results.push(result);
      differences.push(...(await outcomeDifferences(compare, result, golden.outcomes[index]!, client)));
    }
    differences.push(...(await compareRequests(compare, golden, stub)));
    return { differences, results, stub };
  } finally {
    await client.close();
    await stub.close();
  }
}

async function compareRequests(compare: RecordingComparison, golden: GoldenCase, stub: ReplayStub): Promise<string[]> {
  const differences: string[] = [];
  const left = [...golden.exchanges];
  if (stub.requests.length !== left.length) {
    const seen = stub.requests.map(({ method, path }) => `${method} ${path}`);
    differences.push(`${stub.requests.length} requests instead of ${left.length}: ${seen.join(", ")}`);
  }
  for (const [index, seen] of stub.requests.entries()) {
    const candidates = golden.unordered === true ? left : left.slice(0, 1);
    let best: string[] = [`request ${index} is not recorded`];
    for (const exchange of candidates) {
      const found = await requestDifferences(compare, seen, exchange, `request ${index}`);
      if (found.length > 0 && candidates.length > 1) continue;
      left.splice(left.indexOf(exchange), 1);
      best = found;
      break;
    }
    differences.push(...best);
  }
  if (golden.max_in_flight !== undefined && stub.maxInFlight() !== golden.max_in_flight) {
    differences.push(`${stub.maxInFlight()} requests at once instead of ${golden.max_in_flight}`);
  }
  return differences;
}

const files = readdirSync(join(fixtures, "client"))
  .filter((name) => name.endsWith(".json") && name !== "vectors.json" && name !== "aliases.json")
  .map((name) => JSON.parse(readFileSync(join(fixtures, "client", name), "utf8")) as GoldenFile);

test("all recorded cases are there", () => {
  expect(files.reduce((sum, { cases }) => sum + cases.length, 0)).toBe(235);
  const ids = new Set(files.flatMap(({ cases }) => cases.map(({ id }) => id)));
  expect(Object.keys(deviations).filter((id) => !ids.has(id))).toEqual([]);
});

describe.each(files)("$group", ({ cases, api_key_value }) => {
  test.each(cases)("$id", async (golden) => {
    const { differences, results } = await replay(golden, api_key_value);
    const deviation: Deviation | undefined = deviations[golden.id];
    const expected = deviation?.differences ?? [];
    expect(differences).toEqual(differences.map((_, i) => expect.stringMatching(expected[i] ?? /never/)));
    expect(differences).toHaveLength(expected.length);
    for (const result of results) {
      if (result instanceof Error) expect(JSON.stringify(result) + result.stack).not.toContain(api_key_value);
    }
  });
});
