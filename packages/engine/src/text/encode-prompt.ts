import type { TemplateMessage } from "./chat-message.ts";
import type { ChatTemplate, RenderOptions } from "./chat-template.ts";
import { markControlText } from "./control-markup.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** What {@link encodePrompt} takes beside tokenizer, template and messages. */
export interface EncodePromptOptions extends RenderOptions {
  /**
   * Rewrites the template's text before it is tokenised, to put as many placeholders as a picture has tokens. It is
   * called for the pieces of one prompt in order; pieces never contain a placeholder that a user typed.
   */
  readonly expand?: (text: string) => string;
  /** Special tokens that a user may write on purpose, for example `<ref>` or `<|grounding|>`. */
  readonly allowedLiterals?: readonly string[];
  /** Closes a block of thoughts that the template leaves open, because the form of the answer has no place for them. */
  readonly closeThinking?: boolean;
}

/** A prompt ready for the model. */
export interface EncodedPrompt {
  /** Token ids, after expansion. */
  readonly ids: number[];
  /** The rendered prompt, before expansion. */
  readonly promptText: string;
}

/**
 * Renders messages with the chat template and tokenises the result. Equal to the reference's ids, except where a user's
 * text contains the literal of a special token (`<|im_end|>`, `<|image_pad|>`): that becomes plain characters, so that
 * nobody can open a turn of another role or add a picture by typing. Added tokens that are not special (`<think>`)
 * remain tokens.
 *
 * @throws GenerationError when the template refuses the messages.
 */
export function encodePrompt(
  tokenizer: Tokenizer,
  template: ChatTemplate,
  messages: readonly TemplateMessage[],
  { expand = (text) => text, allowedLiterals = [], closeThinking = false, ...options }: EncodePromptOptions = {},
): EncodedPrompt {
  const render = (rendered: readonly TemplateMessage[]): string => {
    const prompt = template.render(rendered, options);
    return closeThinking ? withoutOpenThinking(prompt) : prompt;
  };
  const literals = tokenizer.addedTokens
    .filter((token) => token.special && !allowedLiterals.includes(token.content))
    .map((token) => token.content);
  const marked = markControlText(messages, literals, template.source);
  if (marked === undefined) {
    const promptText = render(messages);
    return {
      promptText,
      ids: tokenizer.encode(expand(promptText), { addSpecialTokens: !startsWithBos(tokenizer, promptText) }),
    };
  }

  const rendered = render(marked.messages);
  const promptText = marked.unmark(rendered);
  const pieces = marked.split(rendered);
  const ids = pieces.flatMap((piece, index) => {
    if (index % 2 === 1) return encodeLiteral(tokenizer, piece);
    const text = expand(piece);
    return index === 0
      ? tokenizer.encode(text, { addSpecialTokens: false })
      : encodeContinuation(text, (t) => tokenizer.encode(t, { addSpecialTokens: false }));
  });
  return { promptText, ids: startsWithBos(tokenizer, promptText) ? ids : withSpecialTokens(tokenizer, ids) };
}

/** Templates of thinking models end with `<think>`; closed at once, as those of Qwen write it for `enable_thinking: false`. */
function withoutOpenThinking(prompt: string): string {
  return /<think>\s*$/.test(prompt) ? `${prompt.trimEnd()}\n\n</think>\n\n` : prompt;
}

/** A template that writes the beginning-of-text token itself must not get a second one (transformers does the same). */
function startsWithBos({ named }: Tokenizer, prompt: string): boolean {
  return named.bos_token !== undefined && prompt.startsWith(named.bos_token);
}

/**
 * Ids of text that continues a prompt. It is encoded behind a newline, whose ids are then dropped, because
 * SentencePiece-style tokenizers put a space in front of everything that begins a text.
 */
function encodeContinuation(text: string, encode: (text: string) => number[]): number[] {
  if (text === "") return [];
  const newline = encode("\n");
  const ids = encode(`\n${text}`);
  return newline.every((id, index) => ids[index] === id) ? ids.slice(newline.length) : encode(text);
}

/** A literal as plain characters, one by one where the vocabulary holds the whole literal as an ordinary word. */
function encodeLiteral(tokenizer: Tokenizer, literal: string): number[] {
  const encode = (text: string): number[] => encodeContinuation(text, tokenizer.encodePlain);
  const ids = encode(literal);
  const control = tokenizer.tokenToId(literal);
  return control !== undefined && ids.includes(control) ? [...literal].flatMap(encode) : ids;
}

/** Puts around `ids` what the tokenizer puts around every text. */
function withSpecialTokens(tokenizer: Tokenizer, ids: number[]): number[] {
  const plain = tokenizer.encode("a", { addSpecialTokens: false });
  const around = tokenizer.encode("a");
  const start = around.findIndex((_, index) => plain.every((id, offset) => around[index + offset] === id));
  return [...around.slice(0, start), ...ids, ...around.slice(start + plain.length)];
}
