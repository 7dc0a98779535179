import { abortError, ConnectionError, GenerationError } from "@ocellus/core";
import { ClarifaiError } from "../errors/clarifai-error.ts";
import { readEventStream } from "./read-event-stream.ts";
import { readTransportText } from "./read-transport-text.ts";

/** The OpenAI-compatible HTTP endpoint for one model. */
export interface OpenAIEndpointOptions {
  /** Origin of the API. */
  readonly origin: string;
  readonly pat: string;
  /** `user/app/models/id` or the full address. */
  readonly model: string;
}

/** Largest answer without streaming. */
const maxBytes = 256 * 1024 * 1024;

/** Calls `{origin}/v2/ext/openai/v1`, with the token as a bearer token. */
export class OpenAIEndpoint {
  readonly #options: OpenAIEndpointOptions;

  constructor(options: OpenAIEndpointOptions) {
    this.#options = options;
  }

  /** One answer. @throws ClarifaiError, ConnectionError, AbortedError */
  async complete(path: string, request: object, signal: AbortSignal): Promise<Record<string, unknown>> {
    const { response, url } = await this.#send(path, request, signal);
    const pieces: Uint8Array[] = [];
    let length = 0;
    try {
      for await (const piece of response.body ?? []) {
        length += piece.length;
        if (length > maxBytes) throw new GenerationError(`The answer is larger than ${maxBytes} bytes.`);
        pieces.push(piece);
      }
    } catch (thrown) {
      throw connectionError(thrown, url, signal);
    }
    return readTransportText(Buffer.concat(pieces).toString("utf8"), url);
  }

  /** An answer in pieces. @throws ClarifaiError, ConnectionError, AbortedError */
  async *stream(
    path: string,
    request: object,
    signal: AbortSignal,
  ): AsyncGenerator<Record<string, unknown>, undefined, undefined> {
    const { response, url } = await this.#send(path, { ...request, stream: true }, signal);
    try {
      for await (const data of readEventStream(response.body ?? (async function* () {})())) {
        yield readTransportText(data, url);
      }
    } catch (thrown) {
      throw connectionError(thrown, url, signal);
    }
  }

  async #send(path: string, request: object, signal: AbortSignal): Promise<{ response: Response; url: string }> {
    const { origin, pat, model } = this.#options;
    const url = `${origin}/v2/ext/openai/v1${path}`;
    try {
      const response = await fetch(url, {
        method: "POST",
        headers: { authorization: `Bearer ${pat}`, "content-type": "application/json" },
        body: JSON.stringify({ model, ...request }),
        signal,
      });
      if (response.ok) return { response, url };
      throw await failure(response, url);
    } catch (thrown) {
      throw connectionError(thrown, url, signal);
    }
  }
}

async function failure(response: Response, url: string): Promise<ClarifaiError> {
  const text = (await response.text()).slice(0, 4000);
  let description = text.slice(0, 300);
  let statusCode = 0;
  try {
    const { error, status } = JSON.parse(text) as {
      error?: { message?: string };
      status?: { code?: number; description?: string; details?: string };
    };
    description = error?.message ?? ([status?.description, status?.details].filter(Boolean).join(": ") || description);
    statusCode = status?.code ?? 0;
  } catch {
    // The text is all there is.
  }
  return new ClarifaiError(`${url} answered with HTTP status ${response.status}: ${description}`, {
    statusCode,
    description,
    statusDetails: "",
    requestId: response.headers.get("x-request-id") ?? "",
    stackTrace: [],
    grpcStatus: null,
    status: response.status,
    url,
    outputIndex: null,
  });
}

function connectionError(thrown: unknown, url: string, signal: AbortSignal): unknown {
  if (signal.aborted) return abortError(signal);
  const isNetwork = thrown instanceof TypeError || (thrown as { name?: string }).name === "AbortError";
  if (!isNetwork) return thrown;
  const reason = ((thrown as { cause?: { code?: string } }).cause?.code ?? (thrown as Error).message) || "broken off";
  return new ConnectionError(`No answer from ${url} (${reason}).`, { cause: thrown });
}
