import { ModelLoadError } from "@ocellus/core";
import { isCommit } from "../hub-id.ts";
import type { HubClient } from "./hub-client.ts";

const maxInfoBytes = 32 * 2 ** 20;

/**
 * Asks the Hub for the commit that a branch, a tag or a shortened commit stands for.
 *
 * @throws what the client throws; ModelLoadError for an answer without a commit
 */
export async function resolveCommit(client: HubClient, revision: string, signal: AbortSignal): Promise<string> {
  const url = `${client.apiUrl}/revision/${encodeURIComponent(revision)}`;
  const { json } = await client.readJson({ url, maxBytes: maxInfoBytes, signal });
  const { sha } = (json ?? {}) as { readonly sha?: unknown };
  if (typeof sha === "string" && isCommit(sha)) return sha;
  throw new ModelLoadError(
    `${url} did not answer with a commit. Check that the endpoint (HF_ENDPOINT) is a Hugging Face Hub.`,
  );
}
