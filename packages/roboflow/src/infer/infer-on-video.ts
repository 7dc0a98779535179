import { type ParsedSource, parseSource, type SourceInput } from "@ocellus/core";
import { openSource } from "@ocellus/media";
import { InvalidInputFormatError } from "../errors/invalid-input-format-error.ts";
import { ModelTaskTypeNotSupportedError } from "../errors/model-task-type-not-supported-error.ts";
import { resolveModelAlias } from "../models/model-aliases.ts";
import { describeForInference, requireV1 } from "../models/model-registry.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { type JsonObject, readJsonObject } from "../transport/read-json.ts";
import { hostedPath } from "./infer-v0.ts";

/** A clip as a path, URL, data URI or bytes. */
export type VideoInput = Exclude<SourceInput, { readonly data: unknown }>;

/** Sends a whole clip to an action recognition model on a self-hosted server. URLs are fetched by the server. */
export async function inferOnVideoV1(
  state: ClientState,
  video: VideoInput,
  modelId: string,
  call: CallOptions,
): Promise<JsonObject> {
  requireV1(state);
  const { taskType } = await describeForInference(state, modelId, call);
  if (taskType !== "action-recognition") {
    throw new ModelTaskTypeNotSupportedError(
      `inferOnVideo needs a model that takes clips; ${modelId} is for ${taskType}. Use infer for a picture, or inferOnStream for frames.`,
    );
  }
  const source = classify(video);
  const { classFilter } = state.configuration;
  const path = "/infer/action_recognition";
  const json = {
    ...keyTransport.body(state),
    model_id: resolveModelAlias(modelId),
    video:
      source.kind === "url"
        ? { type: "url", value: source.url }
        : { type: "base64", value: await readBase64(source, call.signal) },
    ...(classFilter === null ? {} : { class_filter: classFilter }),
  };
  const answer = await callApi(state, { method: "POST", path, json, mayRepeat: true, withExecutionId: true }, call);
  return readJsonObject(answer, path);
}

/** Sends a whole clip to the hosted API: base64 text with the type of a form, URLs in the query. */
export async function inferOnVideoV0(
  state: ClientState,
  video: VideoInput,
  modelId: string,
  call: CallOptions,
): Promise<JsonObject> {
  const path = hostedPath(state, modelId);
  const source = classify(video);
  const { classFilter } = state.configuration;
  const query: [string, string][] = keyTransport.query(state);
  if (source.kind === "url") query.push(["image", source.url]);
  if (classFilter !== null) query.push(["class_filter", classFilter.join(",")]);
  const body =
    source.kind === "url"
      ? {}
      : { text: await readBase64(source, call.signal), contentType: "application/x-www-form-urlencoded" };
  const answer = await callApi(
    state,
    { method: "POST", path, query, ...body, mayRepeat: true, withExecutionId: true },
    call,
  );
  return readJsonObject(answer, path);
}

function classify(video: VideoInput): ParsedSource {
  try {
    return parseSource(video, { path: "the video" });
  } catch (cause) {
    throw new InvalidInputFormatError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

async function readBase64(source: ParsedSource, signal: AbortSignal | undefined): Promise<string> {
  const opened = await openSource(source, { signal });
  if (opened.kind === "pixels") throw new InvalidInputFormatError("Raw pixels are no video.");
  return Buffer.from(opened.bytes).toString("base64");
}
