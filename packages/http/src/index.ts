export { type ConnectionPool, type ConnectionPoolOptions, createConnectionPool } from "./connection-pool.ts";
export { type FetchedUrl, type FetchUrlSafelyOptions, fetchUrlSafely } from "./fetch-url-safely.ts";
export { isPublicAddress } from "./private-address.ts";
export type { ResolveHost } from "./resolve-addresses.ts";
export { retryAfterMs } from "./retry-after.ts";
export { type HttpAnswer, type HttpRequest, sendRequest } from "./send-request.ts";
export { type RetryPolicy, sendWithRetries } from "./send-with-retries.ts";
