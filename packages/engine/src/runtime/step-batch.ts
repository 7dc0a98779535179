import type { FamilyModel } from "../families/model-family.ts";
import { logitsRows, type ScoredInput } from "./decoder.ts";
import { type DecoderSessions, sessionFor } from "./decoder-sessions.ts";
import { floatTensor, integerTensor } from "./host-tensor.ts";
import type { SharedCache } from "./shared-cache.ts";

/**
 * Runs new tokens of several sequences through the decoder graph at once, as tokens of one sequence of which the mask
 * shows each its own: the layers read their weights once for all.
 *
 * @param inputs one for each sequence of the cache, at least one token each
 * @returns for each sequence the logits [vocab] behind each of its scored tokens
 * @throws GenerationError when the graph fails
 */
export async function stepBatch(
  sessions: DecoderSessions,
  model: FamilyModel,
  cache: SharedCache,
  inputs: readonly ScoredInput[],
): Promise<Float32Array[][]> {
  const { inputWidth, slidingWindow, vocabSize } = model.decoder;
  const counts = inputs.map(({ embeddings }) => embeddings.length / inputWidth);
  const tokens = counts.reduce((sum, count) => sum + count, 0);
  const axes = inputs[0]!.positions.length / counts[0]!;
  const embeddings = new Float32Array(tokens * inputWidth);
  const positions = new Int32Array(axes * tokens);
  const scored: number[] = [];
  let before = 0;
  for (const [index, input] of inputs.entries()) {
    const count = counts[index]!;
    embeddings.set(input.embeddings, before * inputWidth);
    for (let axis = 0; axis < axes; axis++) {
      positions.set(input.positions.subarray(axis * count, (axis + 1) * count), axis * tokens + before);
    }
    before += count;
    for (let token = before - input.scored; token < before; token++) scored.push(token);
  }
  const { cos, sin } = model.rotaryTable(positions);
  const rotaryDims = [1, tokens, cos.length / tokens];
  const outputs = await sessionFor(sessions, tokens).run({
    inputs_embeds: floatTensor(embeddings, [1, tokens, inputWidth]),
    cos: floatTensor(cos, rotaryDims),
    sin: floatTensor(sin, rotaryDims),
    mask: cache.mask(counts),
    ...(slidingWindow === undefined ? {} : { sliding_mask: cache.mask(counts, slidingWindow) }),
    scored: integerTensor(scored),
    ...cache.feeds(),
  });
  cache.append(outputs, counts);
  const rows = logitsRows(outputs.logits!, vocabSize);
  return inputs.map((input) => rows.splice(0, input.scored));
}
