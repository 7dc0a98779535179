export { type FetchedUrl, type FetchUrlSafelyOptions, fetchUrlSafely } from "./fetch-url-safely.ts";
export { isPublicAddress } from "./private-address.ts";
export type { ResolveHost } from "./resolve-addresses.ts";
