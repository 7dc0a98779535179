import { readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import type { CacheLayout } from "./cache-layout.ts";
import { readRef } from "./cached-snapshot.ts";

/** Every branch and tag that the cache knows of a model → its commit. */
export async function readRefs(layout: CacheLayout): Promise<Map<string, string>> {
  const entries = await readdir(layout.refs, { recursive: true, withFileTypes: true }).catch(() => []);
  const refs = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const name = relative(layout.refs, join(entry.parentPath, entry.name)).split(sep).join("/");
    const commit = await readRef(layout, name);
    if (commit !== undefined) refs.set(name, commit);
  }
  return refs;
}
