import { create } from "@bufbuild/protobuf";
import { AbortedError, DisposedError, TimeoutError } from "@ocellus/core";
import { type OutputCallContext, postOutputs } from "../calls/output-calls.ts";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { GetModelVersionRequestSchema, PartSchema, V2 } from "../gen/clarifai/api/inference_pb.ts";
import { StatusCode } from "../gen/clarifai/api/status/status_pb.ts";
import { inputOf } from "../model/build-input.ts";
import { buildRequest, type RequestTemplate } from "../model/request-template.ts";
import type { MethodSignature } from "./method-signature.ts";
import { parseSignatures, readSignatures } from "./read-signatures.ts";

/** The methods of a model; `null` for an old model without typed methods. */
export type ModelMethods = ReadonlyMap<string, MethodSignature> | null;

/**
 * Fetches the methods of a model: from GetModelVersion, and where that fails or knows none (a local runner, an old
 * index) from the model itself, by the method `_GET_SIGNATURES`.
 *
 * @throws ClarifaiError when the model cannot be asked
 */
export async function fetchSignatures(template: RequestTemplate, context: OutputCallContext): Promise<ModelMethods> {
  const known = template.address === null ? [] : await fromModelVersion(template.address, context);
  return known.length > 0 ? readSignatures(known) : await fromModel(template, context);
}

async function fromModelVersion(address: NonNullable<RequestTemplate["address"]>, context: OutputCallContext) {
  const { transport, limit } = context;
  const { userId, appId, modelId, versionId } = address;
  const request = create(GetModelVersionRequestSchema, { userAppId: { userId, appId }, modelId, versionId });
  try {
    const options = { signal: limit.signal, timeoutMs: null };
    const response = await transport.unary(V2.method.getModelVersion, request, options);
    return response.modelVersion?.methodSignatures ?? [];
  } catch (thrown) {
    // Whatever else went wrong there, the model itself may still know.
    if (limit.signal.aborted || isFinal(thrown)) throw thrown;
    return [];
  }
}

function isFinal(error: unknown): boolean {
  return AbortedError.isInstance(error) || DisposedError.isInstance(error) || TimeoutError.isInstance(error);
}

async function fromModel(template: RequestTemplate, context: OutputCallContext): Promise<ModelMethods> {
  const request = buildRequest(template, [inputOf("_GET_SIGNATURES", [create(PartSchema)])]);
  try {
    const response = await postOutputs(request, context);
    const text = response.outputs[0]?.data?.text?.raw ?? "";
    const methods = text === "" ? null : parseSignatures(text);
    return methods === null || methods.size === 0 ? null : methods;
  } catch (thrown) {
    if (ClarifaiError.isInstance(thrown) && thrown.statusCode === StatusCode.INPUT_UNSUPPORTED_FORMAT) return null;
    throw thrown;
  }
}
