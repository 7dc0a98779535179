import { GenerationError } from "@ocellus/core";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { httpStatusOf } from "../errors/status-name.ts";

/**
 * Reads the JSON text that the transport methods return. Errors arrive there as a successful answer of the form
 * `{"code":21313,"description":…,"details":…}`, or in OpenAI's form `{"error":{…}}`.
 *
 * @param url what was called, for the error
 * @throws ClarifaiError for such an error; GenerationError for text that is no JSON object
 */
export function readTransportText(text: string, url: string): Record<string, unknown> {
  const json = parse(text);
  const { code, description, details, error } = json;
  if (typeof code === "number" && !("choices" in json) && !("data" in json) && !("output" in json)) {
    throw modelError(code, String(description ?? ""), String(details ?? ""), url);
  }
  if (typeof error === "object" && error !== null) {
    const { message = "", type = "" } = error as { message?: unknown; type?: unknown };
    throw modelError(21313, String(type), String(message), url);
  }
  return json;
}

function parse(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return json as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new GenerationError(`The model's answer is no JSON object: ${JSON.stringify(text.slice(0, 100))}.`);
}

function modelError(statusCode: number, description: string, statusDetails: string, url: string): ClarifaiError {
  const reason = [description, statusDetails].filter((part) => part !== "").join(": ");
  return new ClarifaiError(`The model's OpenAI transport failed (${statusCode}): ${reason}`, {
    statusCode,
    description,
    statusDetails,
    requestId: "",
    stackTrace: [],
    grpcStatus: null,
    status: httpStatusOf(statusCode),
    url,
    outputIndex: null,
  });
}
