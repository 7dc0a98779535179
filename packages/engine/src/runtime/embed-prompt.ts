import type { FamilyModel, PlacedVisual } from "../families/model-family.ts";

/**
 * Embeds tokens: row `id` of the embedding matrix for each, scaled where the decoder asks for it and followed by zeros
 * up to its input width. Rows are read straight from the checkpoint's file, so that the matrix never stands in memory.
 *
 * @returns [tokens, inputWidth]
 */
export function embedTokens(model: FamilyModel, ids: readonly number[]): Float32Array {
  const { hiddenSize, inputWidth, embeddingScale = 1 } = model.decoder;
  const embeddings = new Float32Array(ids.length * inputWidth);
  for (const [index, id] of ids.entries()) {
    const start = index * inputWidth;
    model.weights.readRowSync(model.embedding, id, embeddings.subarray(start, start + hiddenSize));
  }
  if (embeddingScale !== 1) for (let at = 0; at < embeddings.length; at++) embeddings[at]! *= embeddingScale;
  return embeddings;
}

/**
 * Embeds a prompt from a token on, with the features of its visuals in the place of their placeholders.
 *
 * @param features one array [tokens of the visual, inputWidth] per visual
 * @param from first token to embed
 * @returns [tokens - from, inputWidth]
 */
export function embedPrompt(
  model: FamilyModel,
  ids: readonly number[],
  visuals: readonly PlacedVisual[],
  features: readonly Float32Array[],
  from = 0,
): Float32Array {
  const { inputWidth } = model.decoder;
  const embeddings = new Float32Array((ids.length - from) * inputWidth);
  const put = (rows: Float32Array, token: number): void => embeddings.set(rows, (token - from) * inputWidth);
  let token = from;
  for (const [index, visual] of visuals.entries()) {
    let row = 0;
    for (const { start, length } of visual.spans) {
      const first = row;
      row += length;
      if (start + length <= token) continue;
      put(embedTokens(model, ids.slice(token, Math.max(token, start))), token);
      token = Math.max(token, start);
      put(features[index]!.subarray((first + token - start) * inputWidth, row * inputWidth), token);
      token = start + length;
    }
  }
  put(embedTokens(model, ids.slice(token)), token);
  return embeddings;
}
