import { parsePartialJson } from "./parse-partial-json.ts";
import type { ObjectDeltaEvent, TextDeltaEvent, ThinkingDeltaEvent } from "./stream-event.ts";

/** Longer answers are not read piece by piece: each piece reads the whole text again. */
const maxLength = 100_000;

/** A reducer over the events of a stream. */
export interface ObjectReader {
  /** The object as it is after an event, when the event changed it. */
  push(event: TextDeltaEvent | ThinkingDeltaEvent): readonly ObjectDeltaEvent[];
}

/** Reads an answer that is a JSON object or array while it comes; says nothing about any other text. */
export function createObjectReader(): ObjectReader {
  let text = "";
  let previous = "";
  let isJson = true;
  return {
    push(event) {
      if (event.type !== "text-delta" || !isJson) return [];
      text += event.text;
      const read = parsePartialJson(text);
      isJson = text.length <= maxLength && (read !== null || text.trim() === "");
      if (read === null) return [];
      const json = JSON.stringify(read.value);
      if (json === previous) return [];
      previous = json;
      return [{ type: "object-delta", object: read.value }];
    },
  };
}
