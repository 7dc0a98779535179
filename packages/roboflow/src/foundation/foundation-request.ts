import type { EncodedImage } from "../images/encode-image-input.ts";
import type { ImagesInput } from "../images/image-input.ts";
import { runBatches } from "../infer/run-batches.ts";
import { checkResult } from "../results/check-result.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { type JsonObject, readJson } from "../transport/read-json.ts";

/** A request to a foundation model about pictures. */
export interface FoundationRequest {
  readonly path: string;
  /** Members beside key, source tags and `image`; undefined and null ones are left out. */
  readonly body: Readonly<Record<string, unknown>>;
  /** `one`: a request for every picture. `configured`: up to `maxBatchSize` pictures a request. */
  readonly batches: "one" | "configured";
}

/** Members that have a value. */
export function withoutNulls(body: Readonly<Record<string, unknown>>): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined && value !== null));
}

/** Sends pictures in their full size to a foundation model; one result per request, lists flattened. */
export async function askAboutImages(
  state: ClientState,
  images: ImagesInput,
  request: FoundationRequest,
  call: CallOptions,
): Promise<JsonObject[]> {
  const { path } = request;
  const base = { ...keyTransport.foundationBody(state), ...withoutNulls(request.body) };
  const query = keyTransport.foundationQuery(state);
  const send = async (batch: readonly EncodedImage[], inner: CallOptions): Promise<JsonObject[]> => {
    const answer = await callApi(
      state,
      { method: "POST", path, query, json: base, images: batch, mayRepeat: true, withExecutionId: true },
      inner,
    );
    const body = readJson(answer, path);
    return (Array.isArray(body) ? (body as unknown[]) : [body]).map((result) => checkResult(result, path));
  };
  const batchSize = request.batches === "one" ? 1 : Math.max(1, state.configuration.maxBatchSize);
  return (await runBatches(state, images, { batchSize, limit: null, send }, call)).flat();
}

/** Sends a request without pictures to encode; it is not repeated. */
export async function askOnce(
  state: ClientState,
  path: string,
  body: Readonly<Record<string, unknown>>,
  call: CallOptions,
): Promise<unknown> {
  const json = { ...keyTransport.foundationBody(state), ...withoutNulls(body) };
  const query = keyTransport.foundationQuery(state);
  const answer = await callApi(
    state,
    { method: "POST", path, query, json, mayRepeat: false, withExecutionId: true },
    call,
  );
  return readJson(answer, path);
}
