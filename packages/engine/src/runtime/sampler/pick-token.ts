import { GenerationError } from "@ocellus/core";

/**
 * The id of the highest score; of equal ones the lowest id (as `torch.argmax`).
 *
 * @throws GenerationError when a score is not a number, or all tokens are forbidden.
 */
export function pickHighest(logits: Float32Array): number {
  let best = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const score = logits[id]!;
    if (score > highest) {
      highest = score;
      best = id;
    } else if (Number.isNaN(score)) throw notANumber(id);
  }
  if (best < 0) throw new GenerationError("Every token of the vocabulary is forbidden: no next token can be chosen.");
  return best;
}

/**
 * Draws an id with the probabilities softmax(logits).
 *
 * @param random one number in [0, 1)
 * @throws GenerationError when a score is not a number or infinite, or all tokens are forbidden.
 */
export function drawToken(logits: Float32Array, random: number): number {
  const best = pickHighest(logits);
  const highest = logits[best]!;
  if (highest === Number.POSITIVE_INFINITY)
    throw new GenerationError(`The model's score of token ${best} is infinite.`);
  let total = 0;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! > Number.NEGATIVE_INFINITY) total += Math.exp(logits[id]! - highest);
  }
  let remaining = random * total;
  let last = best;
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! === Number.NEGATIVE_INFINITY) continue;
    const probability = Math.exp(logits[id]! - highest);
    if (probability === 0) continue;
    remaining -= probability;
    last = id;
    if (remaining < 0) return id;
  }
  // Rounding may leave a trace of the mass beyond the last token.
  return last;
}

function notANumber(id: number): GenerationError {
  return new GenerationError(
    `The model's score of token ${id} is not a number. Its weights or a computation in lower precision overflowed; try precision "float32".`,
  );
}
