import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { type RetryPolicy, repeatAttempts } from "./repeat-attempts.ts";
import { defaultMaxBytes, type HttpAnswer } from "./send-request.ts";
import { type HttpStream, type StreamRequest, streamRequest } from "./stream-request.ts";

/** Bytes that are kept of an answer that is no success: an error message, never more. */
const maxErrorBytes = 1024 * 1024;

/**
 * Opens a stream and repeats the opening by the policy. Nothing is repeated once a successful answer has begun. An
 * answer that is no success is read whole (its first MiB) and returned with `bytes`.
 *
 * @param request its `signal` also ends the stream; the policy's total time limit only counts for the opening
 * @throws what `streamRequest` throws, of the last try; TimeoutError also after `totalTimeoutMs`
 */
export async function streamWithRetries(request: StreamRequest, policy: RetryPolicy): Promise<HttpStream | HttpAnswer> {
  const { signal, method = "GET" } = request;
  const what = `${method} ${describeUrl(parseWebUrl(request.url))}`;
  const attempt = async (opening: AbortSignal): Promise<HttpStream | HttpAnswer> => {
    const stream = await streamRequest({ maxBytes: defaultMaxBytes, ...request }, opening);
    return stream.status >= 200 && stream.status < 300 ? stream : await readWhole(stream);
  };
  return await repeatAttempts(attempt, { what, policy, signal });
}

async function readWhole({ status, headers, chunks }: HttpStream): Promise<HttpAnswer> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    kept.push(chunk);
    length += chunk.length;
    if (length >= maxErrorBytes) break;
  }
  return { status, headers, bytes: new Uint8Array(Buffer.concat(kept)).subarray(0, maxErrorBytes) };
}
