/**
 * Nucleus filtering (arXiv 1904.09751), in place: forbids the least probable tokens as long as their probabilities sum
 * to at most 1 − `topP`; the most probable token always stays (transformers' `TopPLogitsWarper`). Of tokens with equal
 * scores the lower id is kept, as in a greedy choice; torch leaves that order open.
 *
 * @param logits [vocabSize], −∞ for forbidden tokens
 */
export function applyTopP(logits: Float32Array, topP: number): void {
  let maximum = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) if (logits[id]! > maximum) maximum = logits[id]!;
  let total = 0;
  let allowed = 0;
  // After top-k most scores are −∞; skipping them saves their exponentials.
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! === Number.NEGATIVE_INFINITY) continue;
    total += Math.exp(logits[id]! - maximum);
    allowed++;
  }

  const limit = Math.fround(1 - topP);
  // Sorting all of a 150 k vocabulary takes 30 ms, and nearly always a few hundred tokens hold the nucleus.
  for (let margin = 8; ; margin *= 2) {
    const candidates = idsAbove(logits, maximum - margin);
    const kept = countKept(logits, candidates, { maximum, total, limit });
    if (kept === candidates.length && candidates.length < allowed) continue;
    keepOnly(logits, candidates.subarray(0, kept));
    return;
  }
}

/** How many of `candidates` (best first) stay. */
function countKept(
  logits: Float32Array,
  candidates: Int32Array,
  { maximum, total, limit }: { maximum: number; total: number; limit: number },
): number {
  let higher = 0;
  for (let i = 0; i < candidates.length; i++) {
    // What an ascending running sum would hold at this token.
    const sumUpToHere = Math.fround(1 - higher / total);
    if (i > 0 && sumUpToHere <= limit) return i;
    higher += Math.exp(logits[candidates[i]!]! - maximum);
  }
  return candidates.length;
}

/** Ids with a score of at least `threshold` and above −∞, best first; of equal scores the lower id first. */
function idsAbove(logits: Float32Array, threshold: number): Int32Array {
  const ids: number[] = [];
  for (let id = 0; id < logits.length; id++) {
    if (logits[id]! >= threshold && logits[id]! > Number.NEGATIVE_INFINITY) ids.push(id);
  }
  return Int32Array.from(ids).sort((a, b) => logits[b]! - logits[a]! || a - b);
}

function keepOnly(logits: Float32Array, ids: Int32Array): void {
  const scores = Float32Array.from(ids, (id) => logits[id]!);
  logits.fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < ids.length; i++) logits[ids[i]!] = scores[i]!;
}
