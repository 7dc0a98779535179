const whitespace = /[ \t\n\r]*/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** What the scanner accepts next; `first…` also accepts the end of the container that was just opened. */
type Expected = "value" | "firstValue" | "key" | "firstKey" | "colon" | "separator";

/** One step: the index behind the accepted token and what is expected then; undefined when nothing fits. */
type Step = { readonly end: number; readonly expected: Expected } | undefined;

/**
 * The index of the first token at which `text` stops being JSON (RFC 8259), or `text.length` when it ends too early.
 * Needed because V8 does not always tell the position of a syntax error.
 */
export function findJsonError(text: string): number {
  const closers: string[] = [];
  let expected: Expected = "value";
  let position = match(whitespace, text, 0);
  while (position < text.length) {
    const step: Step = steps[expected](text, position, closers);
    if (step === undefined) return position;
    expected = step.expected;
    position = match(whitespace, text, step.end);
  }
  return text.length;
}

const steps: Record<Expected, (text: string, position: number, closers: string[]) => Step> = {
  value: readValue,
  firstValue: (text, position, closers) => readEnd("]", text, position, closers) ?? readValue(text, position, closers),
  key: readKey,
  firstKey: (text, position, closers) => readEnd("}", text, position, closers) ?? readKey(text, position),
  colon: (text, position) => (text[position] === ":" ? { end: position + 1, expected: "value" } : undefined),
  separator: (text, position, closers) => {
    const closer = closers.at(-1);
    if (closer === undefined) return undefined;
    if (text[position] === ",") return { end: position + 1, expected: closer === "}" ? "key" : "value" };
    return readEnd(closer, text, position, closers);
  },
};

function readValue(text: string, position: number, closers: string[]): Step {
  const character = text[position];
  if (character === "{" || character === "[") {
    closers.push(character === "{" ? "}" : "]");
    return { end: position + 1, expected: character === "{" ? "firstKey" : "firstValue" };
  }
  const end = character === '"' ? endOfString(text, position) : match(scalar, text, position);
  return end > position ? { end, expected: "separator" } : undefined;
}

function readKey(text: string, position: number): Step {
  const end = endOfString(text, position);
  return end > position ? { end, expected: "colon" } : undefined;
}

function readEnd(closer: string, text: string, position: number, closers: string[]): Step {
  if (text[position] !== closer) return undefined;
  closers.pop();
  return { end: position + 1, expected: "separator" };
}

/** The index behind the match of a sticky pattern at `position`, or `position` itself. */
function match(pattern: RegExp, text: string, position: number): number {
  pattern.lastIndex = position;
  return pattern.test(text) ? pattern.lastIndex : position;
}

/** The index behind the string literal that begins at `position`, or `position` when there is none. */
function endOfString(text: string, position: number): number {
  if (text[position] !== '"') return position;
  let next = position + 1;
  while (next < text.length && text[next] !== '"') {
    const isEscape = text[next] === "\\";
    const end = isEscape ? match(escapeSequence, text, next) : next + 1;
    if (end === next || text.charCodeAt(next) < 0x20) return position;
    next = end;
  }
  return next < text.length ? next + 1 : position;
}
