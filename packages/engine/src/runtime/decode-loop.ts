import type { FinishReason, ResolvedGenerationConfig } from "@ocellus/core";
import type { FamilyModel, PromptPositions } from "../families/model-family.ts";
import { createDetokenizer } from "../text/incremental-detokenizer.ts";
import { createStopStrings } from "../text/stop-strings.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import type { Decoder } from "./decoder.ts";
import { embedTokens } from "./embed-prompt.ts";
import { createSampler } from "./sampler/sampler.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** A prompt ready for the decoder. */
export interface DecoderPrompt {
  /** The whole prompt, what the decoder has seen already included. */
  readonly ids: readonly number[];
  /** [new tokens, hidden], visual features in place. */
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
 * Runs the prompt, then one token a step until a stop token, a stop string or the cap.
 *
 * @throws AbortedError within one step of an abort; GenerationError when the model yields no usable number
 */
export async function decode(decoder: Decoder, prompt: DecoderPrompt, options: DecodeOptions): Promise<Generated> {
  const { model, config, signal } = options;
  const stopIds = new Set(config.stopTokenIds);
  const sampler = createSampler(config, { eosTokenIds: config.stopTokenIds, promptIds: prompt.ids });
  const text = openText(options);
  const tokenIds: number[] = [];
  const axes = (prompt.positions.ids.length * model.decoder.hiddenSize) / prompt.embeddings.length;
  let finishReason: FinishReason = "length";

  const begin = performance.now();
  let logits = await decoder.append(prompt.embeddings, prompt.positions.ids, () => yieldToEvents(signal));
  const firstTokenAt = performance.now();
  while (true) {
    const id = sampler.next(logits);
    sampler.accept(id);
    tokenIds.push(id);
    if (stopIds.has(id)) {
      finishReason = "stop";
      break;
    }
    if (text.push(id)) {
      finishReason = "stop-string";
      break;
    }
    if (tokenIds.length >= config.maxNewTokens) break;
    const position = prompt.positions.next + tokenIds.length - 1;
    const positions = new Int32Array(axes).fill(position);
    logits = await decoder.append(embedTokens(model, [id]), positions, () => yieldToEvents(signal));
  }
  const prefillMs = firstTokenAt - begin;
  const decodeMs = performance.now() - firstTokenAt;
  return { text: text.finish(), tokenIds, finishReason, prefillMs, decodeMs, firstTokenAt };
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
