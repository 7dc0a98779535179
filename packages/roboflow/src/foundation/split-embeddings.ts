import { InvalidResponseError } from "../errors/invalid-response-error.ts";
import type { JsonObject } from "../transport/read-json.ts";

/**
 * Gives every picture of a batch its own result: a response with several embeddings becomes one per embedding, which
 * repeats the members `shared` (null when the server left them out). A response with one embedding is not changed.
 *
 * @throws InvalidResponseError for a response without embeddings
 */
export function splitEmbeddings(
  responses: readonly JsonObject[],
  shared: readonly string[] | "all",
  path: string,
): JsonObject[] {
  return responses.flatMap((response) => {
    const { embeddings } = response;
    if (!Array.isArray(embeddings)) {
      throw new InvalidResponseError(`${path} answered without embeddings.`, { status: 200, url: path });
    }
    if (embeddings.length <= 1) return [response];
    const kept = shared === "all" ? response : Object.fromEntries(shared.map((name) => [name, response[name] ?? null]));
    return embeddings.map((embedding: unknown) => ({ ...kept, embeddings: [embedding] }));
  });
}
