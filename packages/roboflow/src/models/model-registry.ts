import { ModelNotInitializedError } from "../errors/model-not-initialized-error.ts";
import { WrongClientModeError } from "../errors/wrong-client-mode-error.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { invalidResponse, readJsonObject } from "../transport/read-json.ts";
import { resolveModelAlias } from "./model-aliases.ts";
import {
  type ModelDescription,
  type RegisteredModels,
  readRegisteredModels,
  type ServerInfo,
} from "./model-description.ts";

/** @throws WrongClientModeError on the hosted API */
export function requireV1(state: ClientState): void {
  if (state.mode === "v1") return;
  throw new WrongClientModeError(
    "This works in client mode v1 (a self-hosted server) only; this client is in v0. See selectApiV1.",
  );
}

/** `GET /info`; never sends a key. */
export async function getServerInfo(state: ClientState, call: CallOptions): Promise<ServerInfo> {
  const path = "/info";
  const answer = await callApi(state, { method: "GET", path, mayRepeat: false, onlyReads: true, withKey: false }, call);
  const { name, version, uuid } = readJsonObject(answer, path);
  if (typeof name !== "string" || typeof version !== "string" || typeof uuid !== "string") {
    throw invalidResponse("answered without name, version or uuid.", answer, path);
  }
  return { name, version, uuid };
}

/** `GET /model/registry`. */
export async function listLoadedModels(state: ClientState, call: CallOptions): Promise<RegisteredModels> {
  requireV1(state);
  const path = "/model/registry";
  const answer = await callApi(
    state,
    { method: "GET", path, query: keyTransport.query(state), mayRepeat: false, onlyReads: true },
    call,
  );
  return readRegisteredModels(readJsonObject(answer, path), answer, path);
}

/** `POST /model/add`. */
export async function loadModel(state: ClientState, modelId: string, call: CallOptions): Promise<RegisteredModels> {
  const json = { model_id: resolveModelAlias(modelId), ...keyTransport.body(state) };
  return await changeRegistry(state, "/model/add", json, call);
}

/** `POST /model/remove`; sends no key in the body. */
export async function unloadModel(state: ClientState, modelId: string, call: CallOptions): Promise<RegisteredModels> {
  const id = resolveModelAlias(modelId);
  state.descriptions?.delete(id);
  return await changeRegistry(state, "/model/remove", { model_id: id }, call);
}

/** `POST /model/clear`. */
export async function unloadAllModels(state: ClientState, call: CallOptions): Promise<RegisteredModels> {
  state.descriptions?.clear();
  return await changeRegistry(state, "/model/clear", undefined, call);
}

async function changeRegistry(
  state: ClientState,
  path: string,
  json: object | undefined,
  call: CallOptions,
): Promise<RegisteredModels> {
  requireV1(state);
  const body = json === undefined ? {} : { json };
  const answer = await callApi(state, { method: "POST", path, ...body, mayRepeat: false }, call);
  return readRegisteredModels(readJsonObject(answer, path), answer, path);
}

/**
 * The description of a model: from the registry, else by loading it.
 *
 * @throws ModelNotInitializedError when the server still does not list it
 */
export async function getModelDescription(
  state: ClientState,
  modelId: string,
  allowLoading: boolean,
  call: CallOptions,
): Promise<ModelDescription> {
  requireV1(state);
  const id = resolveModelAlias(modelId);
  const find = ({ models }: RegisteredModels): ModelDescription | undefined =>
    models.find((model) => model.modelId === id);
  let description = find(await listLoadedModels(state, call));
  if (description === undefined && allowLoading) description = find(await loadModel(state, modelId, call));
  if (description !== undefined) return description;
  throw new ModelNotInitializedError(
    `The server has not loaded the model ${modelId}${id === modelId ? "" : ` (${id})`}, so it has no description. ` +
      (allowLoading ? "Loading it did not help: check id and key." : "Call loadModel, or allow loading."),
  );
}

/** As {@link getModelDescription}, but asks the server only once per model and client when descriptions are kept. */
export async function describeForInference(
  state: ClientState,
  modelId: string,
  call: CallOptions,
): Promise<ModelDescription> {
  const kept = state.configuration.modelDescriptionCache ? state.descriptions : null;
  const id = resolveModelAlias(modelId);
  const known = kept?.get(id);
  if (known !== undefined) return known;
  const description = await getModelDescription(state, modelId, true, call);
  kept?.set(id, description);
  return description;
}
