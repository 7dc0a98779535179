import { ConnectionError, TimeoutError, type VisionError } from "@ocellus/core";
import { ClarifaiError } from "../../errors/clarifai-error.ts";
import { grpcStatusNames, httpStatusOfGrpc } from "./grpc-status.ts";

/** Where a call went, for messages. */
export interface GrpcCallPlace {
  readonly url: string;
  /** Method path, `/clarifai.api.V2/PostModelOutputs`. */
  readonly path: string;
  readonly timeoutMs: number | null;
}

/** The typed error of a gRPC status other than OK. */
export function grpcStatusError(code: number, message: string, place: GrpcCallPlace): VisionError {
  const name = grpcStatusNames[code] ?? "UNKNOWN";
  const what = `${place.path} at ${place.url}`;
  const reason = message === "" ? "" : `: ${message}`;
  if (name === "UNAVAILABLE") return new ConnectionError(`${what} is unavailable${reason}`);
  if (name === "DEADLINE_EXCEEDED") {
    return new TimeoutError(`${what} took too long${reason}`, { timeoutMs: place.timeoutMs ?? 0 });
  }
  return callError(`${what} failed with gRPC status ${name}${reason}`, name, message, place);
}

/** The typed error of an HTTP status that is no gRPC answer: a gateway or another kind of server. */
export function httpStatusError(status: number, place: GrpcCallPlace): VisionError {
  const text = `${place.path} at ${place.url} was answered with HTTP status ${status} instead of a gRPC answer`;
  if ([429, 502, 503, 504].includes(status)) return new ConnectionError(text);
  const name = { 400: "INTERNAL", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "UNIMPLEMENTED" }[status];
  return callError(text, name ?? "UNKNOWN", "", place, status);
}

/** The typed error of an answer that breaks the protocol or a limit. */
export function protocolError(name: string, message: string, place: GrpcCallPlace): VisionError {
  return callError(`${place.path} at ${place.url}: ${message}`, name, message, place);
}

/** The typed error of a connection that could not be made or broke. */
export function brokenConnection(cause: unknown, place: GrpcCallPlace): ConnectionError {
  // A stream says only that it was cancelled; why is the cause of that.
  const origin = (cause as { cause?: unknown } | undefined)?.cause ?? cause;
  const { code, message } = (origin ?? {}) as NodeJS.ErrnoException;
  const reason = code ?? message ?? "closed without a status";
  return new ConnectionError(`The connection to ${place.url} failed during ${place.path} (${reason}).`, { cause });
}

function callError(
  text: string,
  grpcStatus: string,
  description: string,
  { url }: GrpcCallPlace,
  status: number = httpStatusOfGrpc(grpcStatus),
): ClarifaiError {
  return new ClarifaiError(text, {
    statusCode: 0,
    description,
    statusDetails: "",
    requestId: "",
    stackTrace: [],
    grpcStatus,
    status,
    url,
    outputIndex: null,
  });
}
