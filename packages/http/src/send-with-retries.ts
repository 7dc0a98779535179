import { describeUrl, parseWebUrl } from "./parse-web-url.ts";
import { type RetryPolicy, repeatAttempts } from "./repeat-attempts.ts";
import { type HttpAnswer, type HttpRequest, sendRequest } from "./send-request.ts";

/**
 * Sends a request and repeats it by the policy. The last answer is returned whatever its status. A `Retry-After` that
 * would end after the total time limit is not waited for: the answer that carries it is returned at once.
 *
 * @throws what `sendRequest` throws, of the last try; TimeoutError also after `totalTimeoutMs`
 */
export async function sendWithRetries(request: HttpRequest, policy: RetryPolicy): Promise<HttpAnswer> {
  const { signal, method = "GET" } = request;
  const what = `${method} ${describeUrl(parseWebUrl(request.url))}`;
  return await repeatAttempts((limit) => sendRequest({ ...request, signal: limit }), { what, policy, signal });
}
