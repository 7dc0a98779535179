import type { HttpAnswer } from "@ocellus/http";
import { InvalidResponseError } from "../errors/invalid-response-error.ts";

/** Any object of a JSON answer. */
export type JsonObject = Record<string, unknown>;

/** True for a plain JSON object. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The JSON value of an answer. `path` names the call in messages.
 *
 * @throws InvalidResponseError when the body is empty or no JSON
 */
export function readJson(answer: HttpAnswer, path: string): unknown {
  const text = Buffer.from(answer.bytes.buffer, answer.bytes.byteOffset, answer.bytes.length).toString();
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const type = answer.headers["content-type"] ?? "no content type";
    const what = text === "" ? "with an empty body" : `with ${type} that is no valid JSON`;
    throw invalidResponse(`answered ${what}. Is apiUrl the address of an inference server?`, answer, path, cause);
  }
}

/**
 * The JSON object of an answer.
 *
 * @throws InvalidResponseError when it is anything else
 */
export function readJsonObject(answer: HttpAnswer, path: string): JsonObject {
  const value = readJson(answer, path);
  if (!isJsonObject(value)) throw invalidResponse("answered with JSON that is no object.", answer, path);
  return value;
}

/** The error of an answer with an unexpected body. */
export function invalidResponse(
  message: string,
  answer: Pick<HttpAnswer, "status">,
  path: string,
  cause?: unknown,
): InvalidResponseError {
  return new InvalidResponseError(`${path} ${message}`, { status: answer.status, url: path, cause });
}
