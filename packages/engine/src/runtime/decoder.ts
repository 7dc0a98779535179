import type { DecoderShape, FamilyModel, TokenSpan } from "../families/model-family.ts";
import { attentionMask, type MaskRules } from "./attention-mask.ts";
import { type DecoderSessions, sessionFor } from "./decoder-sessions.ts";
import { type Feeds, floatTensor, type HostTensor, integerTensor } from "./host-tensor.ts";
import { SequenceState } from "./sequence-state.ts";
import { tokenColumns } from "./token-columns.ts";

/** Prompt tokens that go through the graph at once: bounds its memory and the time until an abort is seen. */
const chunkTokens = 512;

/** Scores of one attention call that may stand in memory (float32 values): 64 Mi = 256 MiB. */
const maxScores = 64 << 20;

/** Tokens as input of the decoder graph. */
export interface DecoderInput {
  /** [tokens, inputWidth] */
  readonly embeddings: Float32Array;
  /** [axes, tokens] rotary positions */
  readonly positions: Int32Array;
}

/** Tokens of which several have scores that are wanted. */
export interface ScoredInput extends DecoderInput {
  /** How many, counted from the last one. */
  readonly scored: number;
}

/** Runs tokens through the decoder graph and keeps what it has seen: the state of one conversation. */
export class Decoder {
  readonly #sessions: DecoderSessions;
  readonly #model: FamilyModel;
  readonly #state: SequenceState;
  #zeros = new Float32Array(0);

  /**
   * @param state what was seen before; it is used and extended, not copied
   */
  constructor(sessions: DecoderSessions, model: FamilyModel, state: SequenceState = new SequenceState(model.decoder)) {
    this.#sessions = sessions;
    this.#model = model;
    this.#state = state;
  }

  /**
   * Appends tokens and returns the scores of what may follow the last one.
   *
   * @param embeddings [tokens, inputWidth]
   * @param positions [axes, tokens] rotary positions
   * @param beforeChunk awaited before every chunk; throws to stop
   * @param joined as in {@link PromptPositions}; such a run goes through the graph at once
   * @param mostTokens asked before every chunk: how many tokens it may have, when less than usual
   * @returns logits [vocab]
   */
  async append(
    embeddings: Float32Array,
    positions: Int32Array,
    beforeChunk: () => Promise<void>,
    joined: readonly TokenSpan[] = [],
    mostTokens: () => number = () => chunkTokens,
  ): Promise<Float32Array> {
    const { inputWidth } = this.#model.decoder;
    const tokens = embeddings.length / inputWidth;
    let logits = new Float32Array(0);
    for (let start = 0; start < tokens; ) {
      await beforeChunk();
      const { length: past, nextStop } = this.#state;
      const wanted = Math.min(mostTokens(), chunkLength(this.#model.decoder, past));
      const length = wholeRuns(past + wanted, joined) - past;
      const end = Math.min(tokens, start + length, start + nextStop - past);
      const chunkPositions = tokenColumns(positions, tokens, start, end);
      const chunk = embeddings.subarray(start * inputWidth, end * inputWidth);
      logits = await this.#run(chunk, chunkPositions, joined);
      start = end;
    }
    return logits;
  }

  /**
   * Appends a few tokens in one run.
   *
   * @returns for each of the last `scored` tokens the logits [vocab] behind it
   */
  async extend({ embeddings, positions, scored }: ScoredInput): Promise<Float32Array[]> {
    const logits = await this.#run(embeddings, positions, [], scored);
    return logitsRows(logits, this.#model.decoder.vocabSize);
  }

  /** @returns logits [scored, vocab] of the last tokens */
  async #run(
    embeddings: Float32Array,
    positions: Int32Array,
    joined: readonly TokenSpan[],
    scored = 1,
  ): Promise<Float32Array<ArrayBuffer>> {
    const { inputWidth } = this.#model.decoder;
    const tokens = embeddings.length / inputWidth;
    const { cos, sin } = this.#model.rotaryTable(positions);
    const rotaryDims = [1, tokens, cos.length / tokens];
    const outputs = await sessionFor(this.#sessions, tokens).run({
      inputs_embeds: floatTensor(embeddings, [1, tokens, inputWidth]),
      cos: floatTensor(cos, rotaryDims),
      sin: floatTensor(sin, rotaryDims),
      ...this.#masks(tokens, joined),
      scored: integerTensor(Array.from({ length: scored }, (_, row) => tokens - scored + row)),
      ...this.#state.feeds(),
    });
    this.#state.append(outputs, tokens);
    return outputs.logits as Float32Array<ArrayBuffer>;
  }

  /** `mask`, and `sliding_mask` where some layers have a window. */
  #masks(tokens: number, joined: readonly TokenSpan[]): Feeds {
    const { slidingWindow } = this.#model.decoder;
    const mask = this.#mask(tokens, { joined });
    if (slidingWindow === undefined) return { mask };
    return { mask, sliding_mask: this.#mask(tokens, { joined, window: slidingWindow }) };
  }

  #mask(tokens: number, rules: MaskRules): HostTensor {
    const past = this.#state.length;
    const context = past + tokens;
    // A single token sees everything within its window.
    if (tokens > 1 || context > (rules.window ?? context)) {
      return floatTensor(attentionMask(tokens, past, rules), [1, 1, tokens, context]);
    }
    if (this.#zeros.length < context) this.#zeros = new Float32Array(2 * context);
    return floatTensor(this.#zeros.subarray(0, context), [1, 1, 1, context]);
  }
}

/** The rows of logits [rows, vocab], as views. */
export function logitsRows(logits: Float32Array, vocabSize: number): Float32Array[] {
  return Array.from({ length: logits.length / vocabSize }, (_, row) =>
    logits.subarray(row * vocabSize, (row + 1) * vocabSize),
  );
}

/** The end of a chunk, moved behind the run that it would cut. */
function wholeRuns(end: number, joined: readonly TokenSpan[]): number {
  const cut = joined.find(({ start, length }) => start < end && end < start + length);
  return cut === undefined ? end : cut.start + cut.length;
}

function chunkLength(shape: DecoderShape, past: number): number {
  const affordable = Math.floor(maxScores / (shape.heads * (past + chunkTokens)));
  return Math.max(16, Math.min(chunkTokens, affordable));
}
