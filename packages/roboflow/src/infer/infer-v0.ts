import { wireParameters } from "../configuration/wire-parameters.ts";
import { ApiKeyNotProvidedError } from "../errors/api-key-not-provided-error.ts";
import { InvalidModelIdentifierError } from "../errors/invalid-model-identifier-error.ts";
import type { EncodedImage } from "../images/encode-image-input.ts";
import type { ImagesInput } from "../images/image-input.ts";
import { downsizingLimit } from "../images/image-scale.ts";
import { resolveModelAlias } from "../models/model-aliases.ts";
import { type FinishedResult, finishResult } from "../results/finish-result.ts";
import { callApi } from "../transport/call-api.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { keyTransport } from "../transport/key-transport.ts";
import { readJson } from "../transport/read-json.ts";
import { runBatches } from "./run-batches.ts";

/**
 * The path of a model on the hosted API.
 *
 * @throws ApiKeyNotProvidedError, InvalidModelIdentifierError
 */
export function hostedPath(state: ClientState, modelId: string): string {
  if (state.apiKey === null) {
    throw new ApiKeyNotProvidedError("The hosted API needs an API key: new InferenceHTTPClient({ apiUrl, apiKey }).");
  }
  const chunks = resolveModelAlias(modelId).split("/");
  if (chunks.length !== 2) {
    throw new InvalidModelIdentifierError(`The model id ${modelId} has not the form project_id/model_version_id.`);
  }
  return `/${chunks.join("/")}`;
}

/** Runs a model on the hosted API: one request a picture, base64 text as its body. */
export async function inferV0(
  state: ClientState,
  images: ImagesInput,
  modelId: string,
  call: CallOptions,
): Promise<FinishedResult[]> {
  const path = hostedPath(state, modelId);
  const query = [...keyTransport.query(state), ...wireParameters.v0Query(state.configuration)];
  const { outputVisualisationFormat: format } = state.configuration;
  const send = async ([image]: readonly EncodedImage[], inner: CallOptions): Promise<FinishedResult> => {
    const { wire, scale } = image!;
    const body = wire.type === "base64" ? { text: Buffer.from(wire.value, "latin1") } : {};
    const answer = await callApi(
      state,
      {
        method: "POST",
        path,
        query: wire.type === "url" ? [...query, ["image", wire.value] as const] : query,
        contentType: "application/json",
        ...body,
        mayRepeat: true,
        withExecutionId: true,
      },
      inner,
    );
    const isPicture = answer.headers["content-type"]?.includes("image/jpeg") === true;
    const result = isPicture ? { visualization: Buffer.from(answer.bytes).toString("base64") } : readJson(answer, path);
    return await finishResult(result, scale, format, path);
  };
  return await runBatches(
    state,
    images,
    { batchSize: 1, limit: downsizingLimit(state.configuration, null), send },
    call,
  );
}
