/** A text of the model, taken apart by its tags. */
export interface SplitAnswer {
  /** Content of the first `<think>…</think>`, trimmed; `null` without a closed one. */
  readonly thinking: string | null;
  /** Content of the first `<answer>…</answer>`, else what stands outside of all think blocks; trimmed. */
  readonly answer: string;
  /** True when the answer stood in its tags. */
  readonly isTagged: boolean;
}

/**
 * Finds thinking and answer (vi-sdk 0.1.0b7). Tags are lower case and are found everywhere, also inside of strings; a
 * block ends at the first closing tag.
 */
export function splitAnswer(text: string): SplitAnswer {
  const thinking = textBetween(text, "<think>", "</think>");
  const tagged = textBetween(text, "<answer>", "</answer>");
  const answer = tagged ?? withoutThinking(text);
  return {
    thinking: thinking === null ? null : trimWhiteSpace(thinking),
    answer: trimWhiteSpace(answer),
    isTagged: tagged !== null,
  };
}

/** Trims what Python calls white space: also the separators U+001C–U+001F and U+0085, but no byte order mark. */
function trimWhiteSpace(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isWhiteSpace(text[start]!)) start++;
  while (end > start && isWhiteSpace(text[end - 1]!)) end--;
  return text.slice(start, end);
}

function isWhiteSpace(character: string): boolean {
  return /\p{White_Space}/u.test(character) || (character >= "\u001c" && character <= "\u001f");
}

function textBetween(text: string, open: string, close: string): string | null {
  const start = text.indexOf(open);
  const end = start < 0 ? -1 : text.indexOf(close, start + open.length);
  return end < 0 ? null : text.slice(start + open.length, end);
}

function withoutThinking(text: string): string {
  let rest = "";
  let at = 0;
  while (true) {
    const start = text.indexOf("<think>", at);
    const end = start < 0 ? -1 : text.indexOf("</think>", start);
    if (end < 0) return rest + text.slice(at);
    rest += text.slice(at, start);
    at = end + "</think>".length;
  }
}
