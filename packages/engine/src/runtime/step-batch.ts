import type { FamilyModel } from "../families/model-family.ts";
import { paddedMask } from "./attention-mask.ts";
import type { BatchCache } from "./batch-cache.ts";
import type { DecoderInput } from "./decoder.ts";
import { floatTensor } from "./host-tensor.ts";
import type { OnnxSession } from "./onnx-session.ts";

/**
 * Runs new tokens of several sequences through the decoder graph at once: the linear layers read their weights once
 * for all. Sequences with fewer new tokens than others are padded in front, so that the last place is always a token.
 *
 * @param inputs one for each row of the cache, at least one token each
 * @returns for each row the logits [vocab] behind its last token
 * @throws GenerationError when the graph fails
 */
export async function stepBatch(
  session: OnnxSession,
  model: FamilyModel,
  cache: BatchCache,
  inputs: readonly DecoderInput[],
): Promise<Float32Array[]> {
  const { inputWidth, slidingWindow, vocabSize } = model.decoder;
  const counts = inputs.map(({ embeddings }) => embeddings.length / inputWidth);
  const [rows, tokens] = [counts.length, Math.max(...counts)];
  const axes = inputs[0]!.positions.length / counts[0]!;
  const embeddings = new Float32Array(rows * tokens * inputWidth);
  const positions = new Int32Array(axes * rows * tokens);
  for (const [row, input] of inputs.entries()) {
    const count = counts[row]!;
    const place = (row + 1) * tokens - count;
    embeddings.set(input.embeddings, place * inputWidth);
    for (let axis = 0; axis < axes; axis++) {
      positions.set(input.positions.subarray(axis * count, (axis + 1) * count), axis * rows * tokens + place);
    }
  }
  const { cos, sin } = model.rotaryTable(positions);
  const rotaryDims = [rows, tokens, cos.length / (rows * tokens)];
  const { lengths, context } = cache;
  const mask = (window?: number) =>
    floatTensor(paddedMask(lengths, counts, context, window), [rows, 1, tokens, context + tokens]);
  const outputs = await session.run({
    inputs_embeds: floatTensor(embeddings, [rows, tokens, inputWidth]),
    cos: floatTensor(cos, rotaryDims),
    sin: floatTensor(sin, rotaryDims),
    mask: mask(),
    ...(slidingWindow === undefined ? {} : { sliding_mask: mask(slidingWindow) }),
    ...cache.feeds(),
  });
  cache.append(outputs, counts);
  const logits = outputs.logits!;
  return counts.map((_, row) => logits.subarray(row * vocabSize, (row + 1) * vocabSize));
}
