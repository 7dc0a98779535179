import { ModelLoadError } from "@ocellus/core";
import { checkListedFile, type ListedFile } from "./file-listing.ts";
import type { HubClient } from "./hub-client.ts";

const maxPageBytes = 32 * 2 ** 20;
const maxPages = 200;
const maxFiles = 50_000;

/**
 * Lists all files of a commit, page by page.
 *
 * @throws what the client throws; ModelLoadError for a list that is malformed, unsafe or too long
 */
export async function listFiles(client: HubClient, commit: string, signal: AbortSignal): Promise<ListedFile[]> {
  const files = new Map<string, ListedFile>();
  const source = `The file list of ${client.apiUrl}`;
  let url: string | undefined = `${client.apiUrl}/tree/${commit}?recursive=true&expand=false`;
  for (let page = 0; url !== undefined; page += 1) {
    const { json, link } = await client.readJson({ url, maxBytes: maxPageBytes, signal });
    if (!Array.isArray(json)) throw new ModelLoadError(`${source} is not a list.`);
    for (const entry of json) {
      const file = parseEntry(entry, source);
      if (file !== undefined) files.set(file.path, file);
    }
    if (files.size > maxFiles || page >= maxPages) {
      throw new ModelLoadError(`${source} has more than ${maxFiles} files or ${maxPages} pages; it is not downloaded.`);
    }
    url = nextPage(link, url);
  }
  return [...files.values()];
}

/** Large files are stored beside git ("LFS"); their own entry holds length and SHA-256 of the content. */
function parseEntry(entry: unknown, source: string): ListedFile | undefined {
  const { type, path, size, oid, lfs } = (entry ?? {}) as Record<string, unknown>;
  if (type === "directory") return undefined;
  const large = (lfs ?? {}) as Record<string, unknown>;
  return checkListedFile({ path, size: large.size ?? size, etag: large.oid ?? oid }, source);
}

/** The `rel="next"` of a Link header (RFC 8288). A mirror may hand on links to the original: they stay at the mirror. */
function nextPage(link: string | undefined, current: string): string | undefined {
  const target = /<([^>]*)>\s*;\s*[^,]*\brel="?next"?/.exec(link ?? "")?.[1];
  if (target === undefined || !URL.canParse(target, current)) return undefined;
  const next = new URL(target, current);
  const here = new URL(current);
  return next.origin === here.origin ? next.href : `${here.origin}${here.pathname}${next.search}`;
}
