/** Shortest name that is looked for inside of longer ones. */
const minPartLength = 4;

/**
 * The known name that was probably meant: equal up to case, `_`, `-` and spaces; else at most a third of its letters
 * away by insertions, deletions, replacements and swaps of neighbours (optimal string alignment distance); else the
 * first that contains the given one (`prompt` for `userPrompt`). `null` when nothing is near.
 */
export function nearestName(name: string, known: readonly string[]): string | null {
  const wanted = simplify(name.slice(0, 100));
  let best: string | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const distance = alignmentDistance(wanted, simplify(candidate));
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  if (best !== null || wanted.length < minPartLength) return best;
  return known.find((candidate) => simplify(candidate).includes(wanted)) ?? null;
}

/** The end of an error message: `Did you mean "x"?` when one is near, else the list of known names. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  return nearest === null ? `Known: ${known.join(", ")}.` : `Did you mean "${nearest}"?`;
}

function simplify(name: string): string {
  return name.toLowerCase().replace(/[-_\s]/g, "");
}

function alignmentDistance(a: string, b: string): number {
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(previous[j]! + 1, current[j - 1]! + 1, previous[j - 1]! + cost);
      if (isSwap(a, b, i, j)) value = Math.min(value, beforePrevious[j - 2]! + 1);
      current.push(value);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}

function isSwap(a: string, b: string, i: number, j: number): boolean {
  return i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
}
