/**
 * In-place changes of a logits row [vocabSize], in the order in which transformers 5.23 applies them
 * (`generation/logits_process.py`). All arithmetic is rounded to float32, as torch computes it. Ids beyond the row
 * (a padded embedding) are ignored.
 */

/** Divides positive and multiplies negative scores of `ids` by `penalty` (CTRL, arXiv 1909.05858). `ids` must be distinct. */
export function applyRepetitionPenalty(logits: Float32Array, ids: Iterable<number>, penalty: number): void {
  const p = Math.fround(penalty);
  for (const id of ids) {
    const score = logits[id];
    if (score !== undefined) logits[id] = score < 0 ? score * p : score / p;
  }
}

/** Forbids every token that would complete a sequence of `size` tokens which `history` already contains. */
export function forbidRepeatedNgrams(logits: Float32Array, history: readonly number[], size: number): void {
  const prefixStart = history.length - size + 1;
  for (let start = 0; start < prefixStart; start++) {
    let matched = 0;
    while (matched < size - 1 && history[start + matched] === history[prefixStart + matched]) matched++;
    if (matched === size - 1) forbid(logits, history[start + matched]!);
  }
}

/** Sets the scores of `ids` to −∞. */
export function forbidTokens(logits: Float32Array, ids: Iterable<number>): void {
  for (const id of ids) forbid(logits, id);
}

/** Divides all scores by `temperature`. */
export function applyTemperature(logits: Float32Array, temperature: number): void {
  const t = Math.fround(temperature);
  for (let i = 0; i < logits.length; i++) logits[i] = logits[i]! / t;
}

/** Forbids all tokens below the k-th highest score; ties with it stay. */
export function applyTopK(logits: Float32Array, k: number): void {
  if (k >= logits.length) return;
  const highest = highestScores(logits, k);
  const threshold = highest[0]!;
  for (let i = 0; i < logits.length; i++) if (logits[i]! < threshold) logits[i] = Number.NEGATIVE_INFINITY;
}

/**
 * Forbids all tokens whose probability is below `minP` times that of the best one (min-p, arXiv 2407.01082). The common
 * denominator of the softmax cancels out, so no sum is needed.
 */
export function applyMinP(logits: Float32Array, minP: number): void {
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < logits.length; i++) if (logits[i]! > highest) highest = logits[i]!;
  // An infinite best score has no ratio; the draw reports it.
  if (!Number.isFinite(highest)) return;
  for (let i = 0; i < logits.length; i++) {
    if (Math.exp(logits[i]! - highest) < minP) logits[i] = Number.NEGATIVE_INFINITY;
  }
}

function forbid(logits: Float32Array, id: number): void {
  if (id < logits.length) logits[id] = Number.NEGATIVE_INFINITY;
}

/** The `k` highest scores as a min-heap: its first entry is the k-th highest. */
function highestScores(logits: Float32Array, k: number): Float32Array {
  const heap = logits.slice(0, k);
  for (let i = (k >> 1) - 1; i >= 0; i--) sink(heap, i);
  for (let i = k; i < logits.length; i++) {
    if (logits[i]! > heap[0]!) {
      heap[0] = logits[i]!;
      sink(heap, 0);
    }
  }
  return heap;
}

function sink(heap: Float32Array, from: number): void {
  const value = heap[from]!;
  let hole = from;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[hole] = heap[child]!;
    hole = child;
  }
  heap[hole] = value;
}
