import type { FinishReason, ResolvedGenerationConfig } from "@ocellus/core";
import type { TokenConstraint } from "../constraint/token-constraint.ts";
import type { FamilyModel, PromptPositions } from "../families/model-family.ts";
import { createDetokenizer } from "../text/incremental-detokenizer.ts";
import { createStopStrings } from "../text/stop-strings.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Decoder } from "./decoder.ts";
import { embedTokens } from "./embed-prompt.ts";
import { createSampler, type Sampler } from "./sampler/sampler.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** A prompt ready for the decoder. */
export interface DecoderPrompt {
  /** The whole prompt, what the decoder has seen already included. */
  readonly ids: readonly number[];
  /** [new tokens, inputWidth], visual features in place. */
  readonly embeddings: Float32Array;
  /** Positions of the new tokens, and of the first generated one. */
  readonly positions: PromptPositions;
}

/** What the loop needs beside the prompt. */
export interface DecodeOptions {
  readonly model: FamilyModel;
  readonly tokenizer: Tokenizer;
  /** `maxNewTokens` already fits into the context. */
  readonly config: ResolvedGenerationConfig;
  /** Restricts the tokens to a grammar; absent for free text. */
  readonly constraint?: TokenConstraint | undefined;
  readonly signal: AbortSignal;
  /** Receives the text in pieces as it is settled. */
  readonly onText: (delta: string) => void;
}

/** A finished generation. */
export interface Generated {
  /** Text without special tokens, cut at the stop string. */
  readonly text: string;
  /** All generated ids, the stop token included. */
  readonly tokenIds: readonly number[];
  readonly finishReason: FinishReason;
  /** Milliseconds of the prompt's run. */
  readonly prefillMs: number;
  /** Milliseconds of all steps after the first token. */
  readonly decodeMs: number;
  /** `performance.now()` when the first token was chosen. */
  readonly firstTokenAt: number;
}

/**
 * Runs the prompt, then one token a step until a stop token, a stop string, the end of the grammar or the cap. Tokens
 * that the constraint forces are run together with the token (or the prompt) before them.
 *
 * @throws AbortedError within one step of an abort; GenerationError when the model yields no usable number;
 *   GrammarError when tokenizer and grammar do not agree
 */
export async function decode(decoder: Decoder, prompt: DecoderPrompt, options: DecodeOptions): Promise<Generated> {
  const { config, constraint, signal } = options;
  const sampler = createSampler(config, {
    eosTokenIds: config.stopTokenIds,
    promptIds: options.model.forgetsPrompt === true ? [] : prompt.ids,
    mask: constraint === undefined ? undefined : (logits) => constraint.mask(logits),
  });
  const text = openText(options);
  const tokenIds: number[] = [];
  const take = openTaker(options, sampler, text, tokenIds);

  const begin = performance.now();
  let end = await takeForced(constraint, take);
  const whole = withTokens(prompt, options.model, tokenIds);
  const { joined } = prompt.positions;
  let logits = await decoder.append(whole.embeddings, whole.positions, () => yieldToEvents(signal), joined);
  const firstTokenAt = performance.now();
  while (end === null) {
    const start = tokenIds.length;
    end = take(sampler.next(logits)) ?? (await takeForced(constraint, take));
    if (end !== null) break;
    const next = continuation(prompt, options.model, tokenIds, start);
    logits = await decoder.append(next.embeddings, next.positions, () => yieldToEvents(signal));
  }
  const prefillMs = firstTokenAt - begin;
  const decodeMs = performance.now() - firstTokenAt;
  return { text: text.finish(), tokenIds, finishReason: end, prefillMs, decodeMs, firstTokenAt };
}

/** Adds a token to the answer; tells the reason when the answer ends with it. */
type Take = (id: number) => FinishReason | null;

function openTaker({ config, constraint }: DecodeOptions, sampler: Sampler, text: TextCollector, ids: number[]): Take {
  const stopIds = new Set(config.stopTokenIds);
  return (id) => {
    sampler.accept(id);
    constraint?.accept(id);
    ids.push(id);
    if (stopIds.has(id)) return "stop";
    if (text.push(id)) return "stop-string";
    return ids.length >= config.maxNewTokens ? "length" : null;
  };
}

/** Takes all tokens that must come next. An answer that only the cap has brought to its end was cut off by it. */
async function takeForced(constraint: TokenConstraint | undefined, take: Take): Promise<FinishReason | null> {
  while (constraint !== undefined) {
    await constraint.prepare();
    if (constraint.finished) return constraint.cutShort ? "length" : "stop";
    const forced = constraint.forced();
    if (forced.length === 0) return null;
    for (const id of forced) {
      const end = take(id);
      if (end !== null) return end;
    }
  }
  return null;
}

interface DecoderInput {
  /** [tokens, inputWidth] */
  readonly embeddings: Float32Array;
  /** [axes, tokens] */
  readonly positions: Int32Array;
}

/** The prompt and the tokens that the answer must begin with as one input of the decoder. */
function withTokens(prompt: DecoderPrompt, model: FamilyModel, tokenIds: readonly number[]): DecoderInput {
  if (tokenIds.length === 0) return { embeddings: prompt.embeddings, positions: prompt.positions.ids };
  const { inputWidth } = model.decoder;
  const added = continuation(prompt, model, tokenIds, 0);
  const embeddings = new Float32Array(prompt.embeddings.length + added.embeddings.length);
  embeddings.set(prompt.embeddings);
  embeddings.set(added.embeddings, prompt.embeddings.length);
  const before = prompt.embeddings.length / inputWidth;
  const total = before + tokenIds.length;
  const axes = prompt.positions.ids.length / before;
  const positions = new Int32Array(axes * total);
  for (let axis = 0; axis < axes; axis++) {
    positions.set(prompt.positions.ids.subarray(axis * before, (axis + 1) * before), axis * total);
    positions.set(added.positions.subarray(0, tokenIds.length), axis * total + before);
  }
  return { embeddings, positions };
}

/** The tokens of the answer from `start` on as input of the decoder. Every axis counts on from the prompt. */
function continuation(
  { embeddings, positions }: DecoderPrompt,
  model: FamilyModel,
  tokenIds: readonly number[],
  start: number,
): DecoderInput {
  const axes = (positions.ids.length * model.decoder.inputWidth) / embeddings.length;
  const added = tokenIds.slice(start);
  const columns = new Int32Array(axes * added.length);
  for (let at = 0; at < columns.length; at++) columns[at] = positions.next + start + (at % added.length);
  return { embeddings: embedTokens(model, added), positions: columns };
}

interface TextCollector {
  /** Takes an id; true once a stop string is complete. */
  push(id: number): boolean;
  /** The whole text. */
  finish(): string;
}

/** Detokenises, cuts at stop strings, and hands every settled piece on. */
function openText({ tokenizer, config, onText }: DecodeOptions): TextCollector {
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
