import type { DecoderShape, FamilyModel } from "../families/model-family.ts";
import { floatTensor } from "./host-tensor.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { SequenceState } from "./sequence-state.ts";
import { tokenColumns } from "./token-columns.ts";

/** Prompt tokens that go through the graph at once: bounds its memory and the time until an abort is seen. */
const chunkTokens = 512;

/** Scores of one attention call that may stand in memory (float32 values): 64 Mi = 256 MiB. */
const maxScores = 64 << 20;

/** Score of a position that must not be attended to. */
const masked = -1e30;

/** Runs tokens through the decoder graph and keeps what it has seen: the state of one conversation. */
export class Decoder {
  readonly #session: OnnxSession;
  readonly #model: FamilyModel;
  readonly #state: SequenceState;
  #zeros = new Float32Array(0);

  /**
   * @param state what was seen before; it is used and extended, not copied
   */
  constructor(session: OnnxSession, model: FamilyModel, state: SequenceState = new SequenceState(model.decoder)) {
    this.#session = session;
    this.#model = model;
    this.#state = state;
  }

  /**
   * Appends tokens and returns the scores of what may follow the last one.
   *
   * @param embeddings [tokens, inputWidth]
   * @param positions [axes, tokens] rotary positions
   * @param beforeChunk awaited before every chunk; throws to stop
   * @returns logits [vocab]
   */
  async append(
    embeddings: Float32Array,
    positions: Int32Array,
    beforeChunk: () => Promise<void>,
  ): Promise<Float32Array> {
    const { inputWidth } = this.#model.decoder;
    const tokens = embeddings.length / inputWidth;
    let logits = new Float32Array(0);
    for (let start = 0; start < tokens; ) {
      await beforeChunk();
      const { length, nextStop } = this.#state;
      const end = Math.min(tokens, start + chunkLength(this.#model.decoder, length), start + nextStop - length);
      const chunkPositions = tokenColumns(positions, tokens, start, end);
      logits = await this.#run(embeddings.subarray(start * inputWidth, end * inputWidth), chunkPositions, end - start);
      start = end;
    }
    return logits;
  }

  async #run(embeddings: Float32Array, positions: Int32Array, tokens: number): Promise<Float32Array<ArrayBuffer>> {
    const { inputWidth } = this.#model.decoder;
    const { cos, sin } = this.#model.rotaryTable(positions);
    const rotaryDims = [1, tokens, cos.length / tokens];
    const context = this.#state.length + tokens;
    const outputs = await this.#session.run({
      inputs_embeds: floatTensor(embeddings, [1, tokens, inputWidth]),
      cos: floatTensor(cos, rotaryDims),
      sin: floatTensor(sin, rotaryDims),
      mask: floatTensor(this.#mask(tokens, context), [tokens, context]),
      ...this.#state.feeds(),
    });
    this.#state.append(outputs, tokens);
    return outputs.logits as Float32Array<ArrayBuffer>;
  }

  /** [tokens, context] causal mask: token i sees the cache and the new tokens up to itself. */
  #mask(tokens: number, context: number): Float32Array {
    if (tokens === 1) {
      if (this.#zeros.length < context) this.#zeros = new Float32Array(2 * context);
      return this.#zeros.subarray(0, context);
    }
    const mask = new Float32Array(tokens * context);
    for (let row = 0; row < tokens; row++)
      mask.fill(masked, row * context + context - tokens + row + 1, (row + 1) * context);
    return mask;
  }
}

function chunkLength(shape: DecoderShape, past: number): number {
  const affordable = Math.floor(maxScores / (shape.heads * (past + chunkTokens)));
  return Math.max(16, Math.min(chunkTokens, affordable));
}
