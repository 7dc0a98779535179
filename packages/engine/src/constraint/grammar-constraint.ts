import { GrammarError } from "@ocellus/core";
import { type Budget, createBudget } from "./budget.ts";
import { closingText } from "./closing-text.ts";
import { tags } from "./grammar/tags.ts";
import type { TokenConstraint } from "./token-constraint.ts";
import type { TokenSpelling } from "./token-spelling.ts";
import { afterBytes, completion, type Utf8State } from "./utf8-state.ts";
import type { GrammarMatcher } from "./xgrammar.ts";

/** What belongs to the model: its vocabulary as a grammar sees it. */
export interface ConstraintVocabulary {
  /** Bytes of every token; `null` for one that is never allowed. */
  readonly tokens: readonly (Uint8Array | null)[];
  /** For every state inside of a character, the tokens that keep the text UTF-8: the grammars do not see to it. */
  readonly fitting: readonly Int32Array[];
  readonly spelling: TokenSpelling;
  /** The matcher's id of the end of the text. */
  readonly endId: number;
}

/** What belongs to one answer. */
export interface GrammarConstraintOptions {
  readonly stopTokenIds: readonly number[];
  readonly maxNewTokens: number;
  /** The answer begins with `<think>`. */
  readonly cot: boolean;
  /** Give forced text in one go (true) or let the model choose its tokens one by one. */
  readonly jumpForward: boolean;
}

const encoder = new TextEncoder();

/** A constraint that follows a grammar. */
export function createGrammarConstraint(
  matcher: GrammarMatcher,
  vocabulary: ConstraintVocabulary,
  options: GrammarConstraintOptions,
): TokenConstraint {
  return new GrammarConstraint(matcher, vocabulary, options);
}

class GrammarConstraint implements TokenConstraint {
  readonly #matcher: GrammarMatcher;
  readonly #vocabulary: ConstraintVocabulary;
  readonly #options: GrammarConstraintOptions;
  readonly #stopIds: ReadonlySet<number>;
  readonly #budget: Budget;
  #allowed: Int32Array | null = null;
  #forced: readonly number[] = [];
  #utf8: Utf8State = 0;
  #isThinking: boolean;
  /** End of the thinking so far, in which its closing tag is looked for. */
  #tail = "";
  #hasEnded = false;
  finished = false;
  cutShort = false;

  constructor(matcher: GrammarMatcher, vocabulary: ConstraintVocabulary, options: GrammarConstraintOptions) {
    this.#matcher = matcher;
    this.#vocabulary = vocabulary;
    this.#options = options;
    this.#stopIds = new Set(options.stopTokenIds);
    this.#isThinking = options.cot;
    const shortest = this.#closing()?.length ?? 0;
    this.#budget = createBudget(options.maxNewTokens, shortest);
  }

  async prepare(): Promise<void> {
    if (this.#hasEnded || this.cutShort) return;
    this.#allowed = null;
    this.#forced = this.#endInTime() ?? (await this.#withoutOpenEnd(this.#forcedTokens()));
    if (this.#forced.length > 0) return;
    const allowed = await this.#matcher.allowed();
    this.#allowed = allowed;
    const { endId } = this.#vocabulary;
    const ends = isSet(allowed, endId) && this.#utf8 === 0;
    for (const id of this.#stopIds) clear(allowed, id);
    const fitting = this.#vocabulary.fitting[this.#utf8]!;
    for (let word = 0; word < allowed.length; word++) allowed[word]! &= fitting[word]!;
    const isOver = allowed.every((word) => word === 0);
    if (isOver && !ends) {
      throw new GrammarError(
        "No token of the tokenizer can continue the answer in the form asked for: it has no token for a byte that must follow.",
      );
    }
    this.finished = isOver;
    if (ends) for (const id of this.#stopIds) set(allowed, id);
  }

  mask(logits: Float32Array): void {
    const size = this.#vocabulary.tokens.length;
    if (logits.length !== size) {
      throw new GrammarError(`The model gives ${logits.length} scores, but its grammar was made for ${size} tokens.`);
    }
    const allowed = this.#allowed;
    if (allowed === null) throw new GrammarError("A mask was asked for while the next text is forced.");
    if (!forbidOthers(logits, allowed)) {
      for (let id = 0; id < size; id++) if (isSet(allowed, id)) logits[id] = 0;
    }
  }

  accept(id: number): void {
    this.#budget.spend();
    if (this.#stopIds.has(id) && this.#allowed !== null && isSet(this.#allowed, id)) {
      this.#hasEnded = true;
      this.finished = true;
      return;
    }
    const bytes = this.#vocabulary.tokens[id];
    const state = bytes == null ? -1 : afterBytes(this.#utf8, bytes);
    if (bytes == null || state < 0 || !this.#matcher.accept(id)) {
      throw disagreement([id]);
    }
    this.#utf8 = state;
    if (this.#isThinking) this.#followThinking(bytes);
    if (this.cutShort) {
      this.#forced = this.#forced.slice(1);
      this.finished = this.#forced.length === 0;
    }
  }

  forced(): readonly number[] {
    return this.#forced;
  }

  dispose(): void {
    this.#matcher.dispose();
  }

  #followThinking(bytes: Uint8Array): void {
    this.#tail += Buffer.from(bytes).toString("latin1");
    this.#isThinking = !this.#tail.includes(tags.endThink);
    this.#tail = this.#tail.slice(-tags.endThink.length);
  }

  #forcedTokens(): readonly number[] {
    if (!this.#options.jumpForward || this.#utf8 !== 0) return [];
    const text = this.#matcher.forcedText();
    // U+FFFD: the matcher forces a part of a character only.
    if (text === "" || text.includes("\ufffd")) return [];
    return this.#vocabulary.spelling.spell(encoder.encode(text)) ?? [];
  }

  /**
   * Leaves out the end of forced tokens that the model might join with what it chooses next: behind `]` as a token of
   * its own a model that knows `]]}]}}` as one word goes on differently.
   */
  async #withoutOpenEnd(ids: readonly number[]): Promise<readonly number[]> {
    for (let length = 0; length < ids.length; length++) {
      const longer = this.#vocabulary.spelling.longerThan(ids.slice(length));
      if (longer.length === 0) continue;
      const head = ids.slice(0, length);
      if (!head.every((id) => this.#matcher.accept(id))) throw disagreement(head);
      const allowed = await this.#matcher.allowed();
      if (length > 0) this.#matcher.rollBack(length);
      if (longer.some((id) => isSet(allowed, id))) return head;
    }
    return ids;
  }

  /** Tokens that end the thinking or the answer, when the cap is near. */
  #endInTime(): readonly number[] | null {
    if (!this.#budget.isDue) return null;
    const closing = this.#closing();
    if (closing === null) return null;
    const decision = this.#budget.decide(closing.length, this.#isThinking);
    if (decision === "answer" && this.#canFollow(tags.endThink)) return this.#completed(tags.endThink + tags.answer);
    if (decision !== "close") return null;
    this.cutShort = true;
    return closing;
  }

  /** True when a text may follow the character that has begun. */
  #canFollow(text: string): boolean {
    const steps = this.#complete();
    if (steps === null) return false;
    const isAccepted = this.#matcher.acceptText(text);
    if (steps > 0 || isAccepted) this.#matcher.rollBack(steps + (isAccepted ? 1 : 0));
    return isAccepted;
  }

  /** Tokens of a short way to the end of the answer. */
  #closing(): readonly number[] | null {
    const steps = this.#complete();
    if (steps === null) return null;
    const text = closingText(this.#matcher, () => {
      if (!this.#matcher.accept(this.#vocabulary.endId)) return false;
      this.#matcher.rollBack(1);
      return true;
    });
    if (steps > 0) this.#matcher.rollBack(steps);
    return text === null ? null : this.#completed(text);
  }

  /** Completes the character that has begun; the steps it took, or `null` when that fails. */
  #complete(): number | null {
    const bytes = completion(this.#utf8);
    if (bytes.length === 0) return 0;
    return this.#matcher.acceptText(Uint8Array.from(bytes)) ? 1 : null;
  }

  /** Tokens of a text behind the character that has begun. */
  #completed(text: string): readonly number[] | null {
    const first = completion(this.#utf8);
    const ids = this.#vocabulary.spelling.spell(encoder.encode(text));
    if (first.length === 0 || ids === null) return ids;
    const before = this.#vocabulary.spelling.spell(Uint8Array.from(first));
    return before === null ? null : [...before, ...ids];
  }
}

function disagreement(ids: readonly number[]): GrammarError {
  return new GrammarError(
    `Token ${ids.join(", ")} does not fit the form of the answer; tokenizer and grammar do not agree.`,
  );
}

/** Sets what is not allowed to −∞; false when nothing allowed has a score left. */
function forbidOthers(logits: Float32Array, allowed: Int32Array): boolean {
  let hasScore = false;
  for (let start = 0; start < logits.length; start += 32) {
    const word = allowed[start >> 5]!;
    const end = Math.min(logits.length, start + 32);
    if (word === 0) {
      logits.fill(Number.NEGATIVE_INFINITY, start, end);
      continue;
    }
    for (let id = start; id < end; id++) {
      if (((word >>> (id & 31)) & 1) === 0) logits[id] = Number.NEGATIVE_INFINITY;
      else if (logits[id] !== Number.NEGATIVE_INFINITY) hasScore = true;
    }
  }
  return hasScore;
}

function isSet(bits: Int32Array, id: number): boolean {
  return ((bits[id >> 5]! >>> (id & 31)) & 1) === 1;
}

function set(bits: Int32Array, id: number): void {
  if (id >> 5 < bits.length) bits[id >> 5]! |= 1 << (id & 31);
}

function clear(bits: Int32Array, id: number): void {
  if (id >> 5 < bits.length) bits[id >> 5]! &= ~(1 << (id & 31));
}
