import type { TextDeltaEvent, ThinkingDeltaEvent } from "./stream-event.ts";

const tags = ["<think>", "</think>", "<answer>", "</answer>"] as const;

/** A reducer over text deltas. */
export interface ThinkingSplitter {
  /** The events that a delta completes; the beginning of a tag is held back until it is decided. */
  push(delta: string): readonly (TextDeltaEvent | ThinkingDeltaEvent)[];
  /** What was held back. */
  end(): readonly (TextDeltaEvent | ThinkingDeltaEvent)[];
}

/** Sorts streamed text into thinking and answer and removes the tags of `cot`, wherever the deltas cut them. */
export function createThinkingSplitter(): ThinkingSplitter {
  let isThinking = false;
  let held = "";

  const emit = (text: string): readonly (TextDeltaEvent | ThinkingDeltaEvent)[] =>
    text === "" ? [] : [{ type: isThinking ? "thinking-delta" : "text-delta", text }];

  return {
    push(delta) {
      const events: (TextDeltaEvent | ThinkingDeltaEvent)[] = [];
      let rest = held + delta;
      for (let found = firstTag(rest); found !== null; found = firstTag(rest)) {
        events.push(...emit(rest.slice(0, found.at)));
        if (found.tag === "<think>") isThinking = true;
        if (found.tag === "</think>") isThinking = false;
        rest = rest.slice(found.at + found.tag.length);
      }
      const keep = unfinishedTagLength(rest);
      held = rest.slice(rest.length - keep);
      events.push(...emit(rest.slice(0, rest.length - keep)));
      return events;
    },
    end() {
      const events = emit(held);
      held = "";
      return events;
    },
  };
}

function firstTag(text: string): { readonly tag: string; readonly at: number } | null {
  let first: { tag: string; at: number } | null = null;
  for (const tag of tags) {
    const at = text.indexOf(tag);
    if (at >= 0 && (first === null || at < first.at)) first = { tag, at };
  }
  return first;
}

/** Length of the end of `text` that may be the beginning of a tag. */
function unfinishedTagLength(text: string): number {
  const at = text.lastIndexOf("<");
  if (at < 0) return 0;
  const end = text.slice(at);
  return tags.some((tag) => tag.startsWith(end)) ? end.length : 0;
}
