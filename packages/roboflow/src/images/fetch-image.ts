import { ApiCallError, abortError } from "@ocellus/core";
import { fetchUrlSafely } from "@ocellus/http";
import { HTTPCallError } from "../errors/http-call-error.ts";
import { InvalidUrlImageInputError } from "../errors/invalid-url-image-input-error.ts";
import type { ClientState } from "../transport/client-state.ts";
import { checkImageUrl, imageUrlPolicy, restrictsTargets } from "./image-url-policy.ts";

/**
 * Fetches a picture by URL as the configuration and the environment allow.
 *
 * @throws InvalidUrlImageInputError when they do not
 * @throws HTTPCallError when the host answers with an error status, ConnectionError when it is private or unreachable
 */
export async function fetchImage(
  state: ClientState,
  url: string,
  limits: { readonly signal: AbortSignal | undefined; readonly maxBytes: number },
): Promise<Uint8Array> {
  const { allowPrivateUrls, urlImages } = state.configuration;
  if (urlImages === "refuse") {
    throw new InvalidUrlImageInputError('Pictures by URL are switched off (configuration.urlImages is "refuse").');
  }
  const policy = imageUrlPolicy();
  const target = checkImageUrl(url, policy);
  const { signal, maxBytes } = limits;
  if (signal?.aborted === true) throw abortError(signal);
  try {
    const fetched = await fetchUrlSafely(target, {
      signal,
      maxBytes,
      allowPrivateAddresses: allowPrivateUrls,
      ...(restrictsTargets(policy) ? { maxRedirects: 0 } : {}),
    });
    return fetched.bytes;
  } catch (error) {
    if (!ApiCallError.isInstance(error)) throw error;
    throw new HTTPCallError(`The picture could not be fetched. ${error.message}`, {
      ...emptyReport,
      status: error.status,
      url: error.url,
      cause: error,
    });
  }
}

const emptyReport = {
  apiMessage: null,
  detail: null,
  errorType: null,
  context: null,
  innerErrorType: null,
  innerErrorMessage: null,
  blocksErrors: [],
  helpUrl: null,
  requestId: null,
  retryAfterMs: null,
} as const;
