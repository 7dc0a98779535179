import { InvalidArgumentError } from "@ocellus/core";

/** Cuts a stream of text at the first stop string. */
export interface StopStrings {
  /** Takes the next piece of text; returns what can be shown: nothing that may turn out to be part of a stop string. */
  push(text: string): string;
  /** Ends the text; returns what was held back. Empty after a stop. */
  flush(): string;
  /** True once a stop string has been seen; all later text is dropped. */
  readonly stopped: boolean;
  /** The stop string that was found. */
  readonly match: string | undefined;
}

/**
 * A filter that ends a text before the first stop string in it: the one that is complete first (of two that end at the
 * same place the longer). So how the text was split into pieces makes no difference to where it is cut.
 *
 * @throws InvalidArgumentError for an empty stop string.
 */
export function createStopStrings(stopStrings: readonly string[]): StopStrings {
  if (stopStrings.includes("")) throw new InvalidArgumentError("stopStrings must not contain an empty string.");
  let held = "";
  let match: string | undefined;

  return {
    push(text) {
      if (match !== undefined) return "";
      const pending = held + text;
      const found = findFirst(pending, stopStrings);
      if (found !== undefined) {
        match = found.stop;
        held = "";
        return pending.slice(0, found.at);
      }
      const safe = pending.length - possibleStart(pending, stopStrings);
      held = pending.slice(safe);
      return pending.slice(0, safe);
    },
    flush() {
      const rest = held;
      held = "";
      return rest;
    },
    get stopped() {
      return match !== undefined;
    },
    get match() {
      return match;
    },
  };
}

function findFirst(text: string, stopStrings: readonly string[]): { at: number; stop: string } | undefined {
  let best: { at: number; stop: string } | undefined;
  let bestEnd = Number.POSITIVE_INFINITY;
  for (const stop of stopStrings) {
    const at = text.indexOf(stop);
    const end = at + stop.length;
    if (at < 0 || end > bestEnd || (end === bestEnd && best !== undefined && best.at < at)) continue;
    best = { at, stop };
    bestEnd = end;
  }
  return best;
}

/** Length of the longest end of `text` that is the beginning of a stop string. */
function possibleStart(text: string, stopStrings: readonly string[]): number {
  let longest = 0;
  for (const stop of stopStrings) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
