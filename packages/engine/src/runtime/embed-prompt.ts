import type { FamilyModel, PlacedVisual } from "../families/model-family.ts";

/**
 * Embeds tokens: row `id` of the embedding matrix for each, read straight from the checkpoint's file, so that the
 * matrix never stands in memory.
 *
 * @returns [tokens, hidden]
 */
export function embedTokens(model: FamilyModel, ids: readonly number[]): Float32Array {
  const { hiddenSize } = model.decoder;
  const embeddings = new Float32Array(ids.length * hiddenSize);
  for (const [index, id] of ids.entries()) {
    model.weights.readRowSync(model.embedding, id, embeddings.subarray(index * hiddenSize, (index + 1) * hiddenSize));
  }
  return embeddings;
}

/**
 * Embeds a prompt from a token on, with the features of its visuals in the place of their placeholders.
 *
 * @param features one array [tokens of the visual, hidden] per visual
 * @param from first token to embed
 * @returns [tokens - from, hidden]
 */
export function embedPrompt(
  model: FamilyModel,
  ids: readonly number[],
  visuals: readonly PlacedVisual[],
  features: readonly Float32Array[],
  from = 0,
): Float32Array {
  const { hiddenSize } = model.decoder;
  const embeddings = new Float32Array((ids.length - from) * hiddenSize);
  const put = (rows: Float32Array, token: number): void => embeddings.set(rows, (token - from) * hiddenSize);
  let token = from;
  for (const [index, visual] of visuals.entries()) {
    const end = visual.start + visual.tokens;
    if (end <= token) continue;
    put(embedTokens(model, ids.slice(token, Math.max(token, visual.start))), token);
    token = Math.max(token, visual.start);
    put(features[index]!.subarray((token - visual.start) * hiddenSize), token);
    token = end;
  }
  put(embedTokens(model, ids.slice(token)), token);
  return embeddings;
}
