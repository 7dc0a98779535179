import { mapTexts, type TemplateMessage, textsOf } from "./chat-message.ts";

/** Messages in which control-token literals of the user's text are enclosed by two characters that occur nowhere else. */
export interface MarkedMessages {
  readonly messages: readonly TemplateMessage[];
  /** Splits a rendered prompt into `[trusted, literal, trusted, literal, …, trusted]`. */
  split(rendered: string): string[];
  /** Removes the markers from a rendered prompt. */
  unmark(rendered: string): string;
}

/**
 * Marks control-token literals (such as `<|im_end|>`) in the texts of messages, so that after rendering they can be told
 * from those that the template wrote. After `sanitize_control_tokens` of transformers 5.23, with two differences: the
 * markers are chosen so that they do not occur in `messages` (nothing is removed from a text), and literals that only
 * arise by joining the parts of a message are broken, too.
 *
 * @param literals Control tokens that user text must not contain.
 * @param avoid Further text that may not contain the markers (the template).
 * @returns undefined when no text has such a literal, so that the prompt can be encoded as one piece.
 */
export function markControlText(
  messages: readonly TemplateMessage[],
  literals: readonly string[],
  avoid: string,
): MarkedMessages | undefined {
  if (!messages.some((message) => containsAny(textsOf(message).join(""), literals))) return undefined;
  const [open, close, seam] = freeCharacters(`${avoid}${messages.flatMap(textsOf).join("")}${literals.join("")}`);
  // Longer literals first, so that a token takes priority over the tokens that it contains.
  const any = [...literals]
    .sort((a, b) => b.length - a.length)
    .map(escapeRegExp)
    .join("|");
  const anyLiteral = new RegExp(any, "gu");
  // One marker is enough, in case a template cuts a text short beside a literal.
  const marked = new RegExp(`(?:${open}|(?=(?:${any})${close}))(${any})${close}?|[${open}${close}${seam}]`, "u");

  const mark = (text: string): string => text.replace(anyLiteral, (literal) => open + literal + close);
  return {
    messages: messages.flatMap((message) => {
      // A marker of its own in front of each part keeps two parts from joining to a literal.
      const joins = containsAny(textsOf(message).map(stripLiterals).join(""), literals);
      return mapTexts([message], (text) => (joins ? seam : "") + mark(text));
    }),
    split: (rendered) => splitKeeping(rendered, marked),
    unmark: (rendered) => [open, close, seam].reduce((text, marker) => text.replaceAll(marker, ""), rendered),
  };

  function stripLiterals(text: string): string {
    return text.replace(anyLiteral, seam);
  }
}

/** Odd entries are marked literals; a lone marker gives an empty one. */
function splitKeeping(text: string, pattern: RegExp): string[] {
  return text.split(pattern).map((piece) => piece ?? "");
}

function containsAny(text: string, literals: readonly string[]): boolean {
  return literals.some((literal) => text.includes(literal));
}

/** The first three characters of Supplementary Private Use Area A that `text` does not contain. */
function freeCharacters(text: string): [string, string, string] {
  const free: string[] = [];
  for (let code = 0xf0000; free.length < 3; code++) {
    const character = String.fromCodePoint(code);
    if (!text.includes(character)) free.push(character);
  }
  return [free[0]!, free[1]!, free[2]!];
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
