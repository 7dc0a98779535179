import { ConnectionError, checkNumber } from "@ocellus/core";
import type { PlatformClient, Wire } from "./platform-client.ts";
import { listAt, objectAt, textAt } from "./wire-fields.ts";

/** How a list is read. */
export interface ListOptions {
  /** Entries that are asked for at a time, 1–1000 (50). */
  readonly pageSize?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Entries of a list of the platform; further pages are fetched as they are needed. May be iterated again. */
export interface PagedList<Entry> extends AsyncIterable<Entry> {
  /** The same, a page at a time. */
  pages(): AsyncIterable<readonly Entry[]>;
}

/** A server that always names a next page comes to an end. */
const maxPages = 10_000;

/**
 * A list below the organization, with the query parameters `p` (cursor) and `s` (size).
 *
 * @throws InvalidArgumentError for a wrong page size; while it is read what `PlatformClient.get` throws, and
 *   ConnectionError when the platform names the same page twice
 */
export function pagedList<Entry>(
  client: PlatformClient,
  list: { readonly path: string; readonly query?: Readonly<Record<string, string>>; readonly what: string },
  read: (item: Wire) => Entry,
  { pageSize = 50, signal }: ListOptions,
): PagedList<Entry> {
  checkNumber(pageSize, "options.pageSize", { min: 1, max: 1000, integer: true });
  async function* pages(): AsyncGenerator<readonly Entry[], void, undefined> {
    const seen = new Set<string>();
    let cursor: string | null = null;
    do {
      const query = { ...list.query, ...(cursor === null ? {} : { p: cursor }), s: String(pageSize) };
      const page: Wire = await client.get(list.path, query, { what: list.what, signal });
      yield listAt(page.items).map((item) => read(objectAt(item)));
      cursor = textAt(page.nextPage);
      if (cursor !== null && (seen.has(cursor) || seen.size >= maxPages)) {
        throw new ConnectionError(`Datature Vi does not come to the end of ${list.what}.`, { isRetryable: false });
      }
      if (cursor !== null) seen.add(cursor);
    } while (cursor !== null);
  }
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* page;
    },
  };
}
