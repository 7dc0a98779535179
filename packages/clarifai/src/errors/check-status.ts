import type { MultiOutputResponse, Output } from "../gen/clarifai/api/inference_pb.ts";
import { type Status, StatusCode } from "../gen/clarifai/api/status/status_pb.ts";
import { ClarifaiError } from "./clarifai-error.ts";
import { httpStatusOf, statusName } from "./status-name.ts";

/** What was called, for messages. */
export interface CallPlace {
  /** "The method predict of lab/fixtures/alltypes". */
  readonly what: string;
  /** Endpoint, without secrets. */
  readonly url: string;
}

/** True for success, and for no status at all. */
export function isSuccess(status: Status | undefined): boolean {
  return status === undefined || status.code === StatusCode.SUCCESS || status.code === StatusCode.ZERO;
}

/** The error of a status that is no success. */
export function statusError(status: Status, place: CallPlace, outputIndex: number | null = null): ClarifaiError {
  const { code, description, details, reqId, stackTrace, internalDetails, httpStatusCode } = status;
  const reasons = [description, details, internalDetails].filter(
    (text, at, all) => text !== "" && all.indexOf(text) === at,
  );
  const which = outputIndex === null ? "" : ` (input ${outputIndex})`;
  const request = reqId === "" ? "" : ` [request ${reqId}]`;
  const reason = reasons.length === 0 ? "" : `: ${reasons.join(": ")}`;
  return new ClarifaiError(`${place.what}${which} failed with ${statusName(code)} (${code})${reason}${request}`, {
    statusCode: code,
    description,
    statusDetails: details === "" ? internalDetails : details,
    requestId: reqId,
    stackTrace,
    grpcStatus: null,
    status: httpStatusCode === 0 ? httpStatusOf(code) : httpStatusCode,
    url: place.url,
    outputIndex,
  });
}

/**
 * The output at a place of a response.
 *
 * @throws ClarifaiError when the request or this output failed, or the output is missing
 */
export function outputAt(response: MultiOutputResponse, index: number, place: CallPlace): Output {
  const output = response.outputs[index];
  if (output !== undefined && !isSuccess(output.status)) throw statusError(output.status!, place, index);
  if (output !== undefined && (isSuccess(response.status) || isMixed(response.status))) return output;
  if (!isSuccess(response.status)) throw statusError(response.status!, place);
  throw new ClarifaiError(`${place.what} succeeded without output ${index}; the model returned nothing.`, {
    statusCode: response.status?.code ?? 0,
    description: response.status?.description ?? "",
    statusDetails: "",
    requestId: response.status?.reqId ?? "",
    stackTrace: [],
    grpcStatus: null,
    status: 502,
    url: place.url,
    outputIndex: index,
  });
}

/** Some outputs succeeded, others did not. */
export function isMixed(status: Status | undefined): boolean {
  return status?.code === StatusCode.MIXED_STATUS;
}
