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
 * Embeds a prompt and puts the features of its visuals in the place of their placeholders.
 *
 * @param features one array [tokens of the visual, hidden] per visual
 * @returns [tokens, hidden]
 */
export function embedPrompt(
  model: FamilyModel,
  ids: readonly number[],
  visuals: readonly PlacedVisual[],
  features: readonly Float32Array[],
): Float32Array {
  const { hiddenSize } = model.decoder;
  const embeddings = new Float32Array(ids.length * hiddenSize);
  let token = 0;
  for (const [index, visual] of visuals.entries()) {
    embeddings.set(embedTokens(model, ids.slice(token, visual.start)), token * hiddenSize);
    embeddings.set(features[index]!, visual.start * hiddenSize);
    token = visual.start + visual.tokens;
  }
  embeddings.set(embedTokens(model, ids.slice(token)), token * hiddenSize);
  return embeddings;
}
