import type { FinishReason, ResolvedGenerationConfig } from "@ocellus/core";
import type { TokenConstraint } from "../constraint/token-constraint.ts";
import type { FamilyModel, PromptPositions } from "../families/model-family.ts";
import { createDetokenizer } from "../text/incremental-detokenizer.ts";
import { createStopStrings } from "../text/stop-strings.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { DecoderInput } from "./decoder.ts";
import { embedTokens } from "./embed-prompt.ts";
import { createSampler, type Sampler } from "./sampler/sampler.ts";

/** A prompt ready for the decoder. */
export interface DecoderPrompt {
  /** The whole prompt, what the decoder has seen already included. */
  readonly ids: readonly number[];
  /** [new tokens, inputWidth], visual features in place. */
  readonly embeddings: Float32Array;
  /** Positions of the new tokens, and of the first generated one. */
  readonly positions: PromptPositions;
}

/** What a generation needs beside the prompt. */
export interface GenerationOptions {
  readonly model: FamilyModel;
  readonly tokenizer: Tokenizer;
  /** `maxNewTokens` already fits into the context. */
  readonly config: ResolvedGenerationConfig;
  /** Restricts the tokens to a grammar; absent for free text. */
  readonly constraint?: TokenConstraint | undefined;
  /** Receives the text in pieces as it is settled. */
  readonly onText: (delta: string) => void;
}

/**
 * One answer on its way: what was chosen so far, what of it the decoder has not seen yet, and how the next token is
 * chosen. It knows nothing of graphs, so that an answer is the same alone and in a batch.
 */
export class Generation {
  /** All tokens of the answer, the stop token included. */
  readonly tokenIds: number[] = [];
  readonly #prompt: DecoderPrompt;
  readonly #options: GenerationOptions;
  readonly #stopIds: ReadonlySet<number>;
  readonly #sampler: Sampler;
  readonly #text: TextCollector;
  #end: FinishReason | null = null;
  /** Tokens of the answer that the decoder has been given. */
  #given = 0;

  private constructor(prompt: DecoderPrompt, options: GenerationOptions) {
    const { config, constraint } = options;
    this.#prompt = prompt;
    this.#options = options;
    this.#stopIds = new Set(config.stopTokenIds);
    this.#sampler = createSampler(config, {
      eosTokenIds: config.stopTokenIds,
      promptIds: options.model.forgetsPrompt === true ? [] : prompt.ids,
      mask: constraint === undefined ? undefined : (logits) => constraint.mask(logits),
    });
    this.#text = openText(options);
  }

  /**
   * Begins an answer with the tokens that its form forces.
   *
   * @throws GrammarError when tokenizer and grammar do not agree
   */
  static async open(prompt: DecoderPrompt, options: GenerationOptions): Promise<Generation> {
    const generation = new Generation(prompt, options);
    generation.#end = await generation.#takeForced();
    return generation;
  }

  /** Why the answer is complete; `null` while it is not. */
  get end(): FinishReason | null {
    return this.#end;
  }

  /** Tokens that the answer may still get. */
  get room(): number {
    return this.#options.config.maxNewTokens - this.tokenIds.length;
  }

  /** Tokens that the decoder has to see before the next one can be chosen. */
  get pending(): number {
    return this.tokenIds.length - this.#given;
  }

  /** The prompt and the tokens that the answer begins with as one input of the decoder. */
  promptInput(): DecoderInput {
    const { embeddings, positions } = this.#prompt;
    const added = this.nextInput(this.pending);
    if (added.embeddings.length === 0) return { embeddings, positions: positions.ids };
    const { inputWidth } = this.#options.model.decoder;
    const joined = new Float32Array(embeddings.length + added.embeddings.length);
    joined.set(embeddings);
    joined.set(added.embeddings, embeddings.length);
    const before = embeddings.length / inputWidth;
    const behind = added.embeddings.length / inputWidth;
    const axes = positions.ids.length / before;
    const columns = new Int32Array(axes * (before + behind));
    for (let axis = 0; axis < axes; axis++) {
      const start = axis * (before + behind);
      columns.set(positions.ids.subarray(axis * before, (axis + 1) * before), start);
      columns.set(added.positions.subarray(axis * behind, (axis + 1) * behind), start + before);
    }
    return { embeddings: joined, positions: columns };
  }

  /**
   * The next `count` pending tokens as input of the decoder, and behind them tokens with which the answer perhaps goes
   * on. Every axis counts on from the prompt.
   */
  nextInput(count: number, proposed: readonly number[] = []): DecoderInput {
    const { model } = this.#options;
    const { embeddings, positions } = this.#prompt;
    const start = this.#given;
    this.#given += count;
    const axes = (positions.ids.length * model.decoder.inputWidth) / embeddings.length;
    const ids = [...this.tokenIds.slice(start, this.#given), ...proposed];
    const columns = new Int32Array(axes * ids.length);
    for (let at = 0; at < columns.length; at++) columns[at] = positions.next + start + (at % ids.length);
    return { embeddings: embedTokens(model, ids), positions: columns };
  }

  /**
   * Chooses the next token and takes those that must follow it, and again while that is what the decoder was given.
   *
   * @param rows logits [vocab] behind the last pending token and behind each proposed one; overwritten
   * @param proposed as in {@link nextInput}
   * @returns how many of them the answer took; the decoder has to forget the others
   * @throws GenerationError when the model yields no usable number; GrammarError when tokenizer and grammar disagree
   */
  async choose(rows: readonly Float32Array[], proposed: readonly number[] = []): Promise<number> {
    let row = 0;
    do {
      this.#end = this.#take(this.#sampler.next(rows[row]!)) ?? (await this.#takeForced());
      while (row < proposed.length && this.tokenIds[this.#given] === proposed[row]) {
        this.#given++;
        row++;
      }
    } while (this.#end === null && this.pending === 0);
    return row;
  }

  /** Ends the text: without special tokens, cut at the stop string. */
  finishText(): string {
    return this.#text.finish();
  }

  /** Adds a token to the answer; tells the reason when the answer ends with it. */
  #take(id: number): FinishReason | null {
    const { config, constraint } = this.#options;
    this.#sampler.accept(id);
    constraint?.accept(id);
    this.tokenIds.push(id);
    if (this.#stopIds.has(id)) return "stop";
    if (this.#text.push(id)) return "stop-string";
    return this.tokenIds.length >= config.maxNewTokens ? "length" : null;
  }

  /** Takes all tokens that must come next. An answer that only the cap has brought to its end was cut off by it. */
  async #takeForced(): Promise<FinishReason | null> {
    const { constraint } = this.#options;
    while (constraint !== undefined) {
      await constraint.prepare();
      if (constraint.finished) return constraint.cutShort ? "length" : "stop";
      const forced = constraint.forced();
      if (forced.length === 0) return null;
      for (const id of forced) {
        const end = this.#take(id);
        if (end !== null) return end;
      }
    }
    return null;
  }
}

interface TextCollector {
  /** Takes an id; true once a stop string is complete. */
  push(id: number): boolean;
  /** The whole text. */
  finish(): string;
}

/** Detokenises, cuts at stop strings, and hands every settled piece on. */
function openText({ tokenizer, config, onText }: GenerationOptions): TextCollector {
  const detokenizer = createDetokenizer(tokenizer);
  const stops = createStopStrings(config.stopStrings);
  let text = "";
  const emit = (delta: string): void => {
    if (delta === "") return;
    text += delta;
    onText(delta);
  };
  return {
    push: (id) => {
      emit(stops.push(detokenizer.push(id)));
      return stops.stopped;
    },
    finish: () => {
      emit(stops.push(detokenizer.flush()));
      emit(stops.flush());
      return text;
    },
  };
}
