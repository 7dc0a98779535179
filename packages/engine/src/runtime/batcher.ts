import { setImmediate as nextTurn } from "node:timers/promises";
import { type FinishReason, InsufficientMemoryError } from "@ocellus/core";
import type { Speculation } from "../engine-options.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { Decoder } from "./decoder.ts";
import type { DecoderSessions } from "./decoder-sessions.ts";
import { type DecoderPrompt, Generation, type GenerationOptions } from "./generation.ts";
import { Lane, type Member } from "./lane.ts";
import { PromptLookup } from "./prompt-lookup.ts";
import type { SequenceState } from "./sequence-state.ts";
import { Turnstile } from "./turnstile.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Prompt tokens in one run of the graph while answers wait for their next step. */
const crowdedChunk = 128;

/**
 * Longest time in milliseconds that answers wait for their next step while prompts are read: several short prompts then
 * come in before a step, which makes fuller batches, and nobody sees the pause.
 */
const patienceMs = 30;

/** Times that a step touches a cached key or value: it is read, joined with the new ones, and read again. */
const cachePasses = 4;

/** What a score that the mask hides costs, as touches of a key or value. */
const maskedCost = 1 / 4;

/** What a run of the smallest graph costs, as bytes that are read in that time. */
const smallestRunBytes = 8 * 2 ** 20;

/** Bounds of a {@link Batcher}. */
export interface BatchLimits {
  /** Answers that are generated at the same time. */
  readonly maxBatchSize: number;
  /** Keys and values of all answers together, in bytes; an answer that exceeds it alone is made alone. */
  readonly kvBudgetBytes: number;
  /** Keys and values of one prompt, in bytes; a longer one is refused. */
  readonly maxPromptBytes: number;
  /** Weights that a run of the decoder reads, in bytes. */
  readonly weightBytes: number;
}

/** What an answer needs to be generated. */
export interface BatchEntry extends GenerationOptions {
  readonly prompt: DecoderPrompt;
  /** What the decoder has seen of the prompt; belongs to the batcher from now on. */
  readonly state: SequenceState;
  readonly signal: AbortSignal;
  /** What the prompt is known by in the prompt cache, a number a token; negative where it is no text. */
  readonly keys: readonly number[];
  /** Takes what the decoder knows of the prompt, and perhaps of the answer, when the batcher needs it no more. */
  readonly keep: (state: SequenceState, tokenIds: readonly number[]) => void;
  /** Where guesses at the next tokens come from. Families with recurrent layers make none. */
  readonly speculation: Speculation;
  /** Others are on their way: the answer is put where they can join. */
  readonly isCrowded: boolean;
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
  /** `performance.now()` when the first token could be chosen. */
  readonly firstTokenAt: number;
}

/**
 * Generates several answers at once (continuous batching: Yu et al. 2022, "Orca"): prompts are read one by one, their
 * answers step together, joining and leaving between steps. Between two steps at most one part of a prompt or one
 * picture is worked on, so nobody waits long.
 */
export class Batcher {
  readonly #sessions: DecoderSessions;
  readonly #model: FamilyModel;
  readonly #limits: BatchLimits;
  readonly #maxBatchSize: number;
  readonly #bytesPerToken: number;
  readonly #door = new Turnstile(1);
  readonly #places: Turnstile;
  readonly #room: Turnstile;
  #lanes: Lane[] = [];
  /** The lane that was empty last. */
  #spare: Lane | undefined;
  /** What waits for the end of the run that is under way. */
  #changes: (() => void)[] = [];
  #isStepping = false;
  /** Ends with the work beside which no step is begun. */
  #pause: Promise<unknown> | undefined;
  #isWaitingForRoom = false;

  constructor(sessions: DecoderSessions, model: FamilyModel, limits: BatchLimits) {
    const { layers, kvWidth, recurrentStates = [] } = model.decoder;
    this.#sessions = sessions;
    this.#model = model;
    this.#limits = limits;
    // Graphs with recurrent layers take one sequence.
    this.#maxBatchSize = recurrentStates.length > 0 ? 1 : limits.maxBatchSize;
    this.#bytesPerToken = 2 * 4 * layers * kvWidth;
    this.#places = new Turnstile(this.#maxBatchSize);
    this.#room = new Turnstile(limits.kvBudgetBytes);
  }

  /**
   * Lets one question at a time see its pictures and read its prompt, first come, first served.
   *
   * @throws AbortedError when `signal` is aborted before its turn; what `work` throws
   */
  read<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    return this.#door.pass(signal, work);
  }

  /** Does work of another thread, beside which no step is begun: few processors do one after the other as fast. */
  async withoutSteps<Result>(work: () => Promise<Result>): Promise<Result> {
    const working = work();
    this.#pause = working.catch(() => undefined);
    return working.finally(() => {
      this.#pause = undefined;
    });
  }

  /**
   * Waits until there is room for an answer.
   *
   * @returns gives the room back; to be called once
   * @throws InsufficientMemoryError for a prompt that can never fit; AbortedError
   */
  async enter(promptTokens: number, maxNewTokens: number, signal: AbortSignal): Promise<() => void> {
    const { maxPromptBytes } = this.#limits;
    const promptBytes = promptTokens * this.#bytesPerToken;
    if (promptBytes > maxPromptBytes) {
      throw new InsufficientMemoryError(
        `The prompt's ${promptTokens} tokens need ${megabytes(promptBytes)} of keys and values, but ${megabytes(maxPromptBytes)} are allowed. Use fewer or smaller pictures (maxPixels), or load the model with a larger kvBudgetBytes.`,
        { requiredBytes: promptBytes, availableBytes: maxPromptBytes },
      );
    }
    this.#isWaitingForRoom = true;
    try {
      const leavePlace = await this.#places.enter(signal);
      const needed = promptBytes + maxNewTokens * this.#bytesPerToken;
      const leaveRoom = await this.#room.enter(signal, needed).catch((error: unknown) => {
        leavePlace();
        throw error;
      });
      return () => {
        leaveRoom();
        leavePlace();
      };
    } finally {
      this.#isWaitingForRoom = false;
    }
  }

  /** Lets every running answer keep what its prompt left, so that a prompt that begins alike can use it. */
  async share(): Promise<void> {
    if (this.#maxBatchSize === 1) return;
    await new Promise<void>((resolve) => {
      this.#change(() => {
        for (const lane of this.#lanes) lane.share();
        resolve();
      });
    });
  }

  /**
   * Reads a prompt; its answer is generated behind that, together with others.
   *
   * @returns the answer to come
   * @throws AbortedError within one run of an abort; GenerationError when the model yields no usable number;
   *   GrammarError when tokenizer and grammar do not agree
   */
  async start(entry: BatchEntry): Promise<{ readonly generated: Promise<Generated> }> {
    const { prompt, state, signal } = entry;
    const begin = performance.now();
    const generation = await Generation.open(prompt, entry);
    let completed = Promise.resolve();
    if (generation.end === null) {
      const decoder = new Decoder(this.#sessions, this.#model, state);
      const { embeddings, positions } = generation.promptInput();
      const mostTokens = () => (this.#lanes.length > 0 ? crowdedChunk : Number.POSITIVE_INFINITY);
      const { joined } = prompt.positions;
      const logits = await decoder.append(embeddings, positions, () => yieldToEvents(signal), joined, mostTokens);
      await generation.choose([logits]);
      if (generation.end === null) completed = this.#run(generation, entry);
      else entry.keep(state, generation.tokenIds);
    }
    const firstTokenAt = performance.now();
    const finish = (): Generated => ({
      text: generation.finishText(),
      tokenIds: generation.tokenIds,
      finishReason: generation.end!,
      prefillMs: firstTokenAt - begin,
      decodeMs: performance.now() - firstTokenAt,
      firstTokenAt,
    });
    return { generated: completed.then(finish) };
  }

  /** Puts an answer into a lane; resolves when it is complete. */
  #run(generation: Generation, entry: BatchEntry): Promise<void> {
    const { state, signal, keep, keys, isCrowded, speculation } = entry;
    const canForget = (this.#model.decoder.recurrentStates ?? []).length === 0;
    const lookup = speculation === "prompt-lookup" && canForget ? new PromptLookup(keys) : undefined;
    return new Promise((resolve, reject) => {
      const keepState = (kept: SequenceState): void => keep(kept, generation.tokenIds);
      const member: Member = { generation, signal, lookup, keys, keep: keepState, resolve, reject };
      this.#change(() => {
        const isFirst = this.#lanes.length === 0;
        const lane = this.#laneFor(state, keys);
        if (this.#maxBatchSize === 1 || (isFirst && !isCrowded)) lane.hold(member, state);
        else lane.join(member, state);
        if (isFirst) void this.#stepAll();
      });
    });
  }

  /** Changes lanes now, or after the run that is under way: it reads what they hold. */
  #change(change: () => void): void {
    if (this.#isStepping) this.#changes.push(change);
    else change();
  }

  /** The lane in which an answer is least in the way; a new one when that costs more than a run of its own. */
  #laneFor(state: SequenceState, keys: readonly number[]): Lane {
    let best: Lane | undefined;
    let least = (this.#limits.weightBytes + smallestRunBytes) / (cachePasses * this.#bytesPerToken);
    for (const lane of this.#maxBatchSize === 1 ? [] : this.#lanes) {
      if (lane.size === 0) continue;
      const waste = maskedCost * lane.waste(state, keys);
      if (waste < least) [best, least] = [lane, waste];
    }
    if (best !== undefined) return best;
    const lane = this.#spare ?? new Lane(this.#sessions, this.#model);
    this.#spare = undefined;
    this.#lanes.push(lane);
    return lane;
  }

  /** Steps until no answer is left. Every run lets events and other work in before it computes. */
  async #stepAll(): Promise<void> {
    while (this.#lanes.length > 0) {
      const begin = performance.now();
      while (this.#door.isBusy && !this.#isWaitingForRoom && performance.now() - begin < patienceMs) {
        await (this.#pause ?? nextTurn());
      }
      for (const lane of this.#lanes) {
        await this.#pause;
        this.#isStepping = true;
        await lane.step();
        this.#isStepping = false;
        for (const change of this.#changes.splice(0)) change();
      }
      this.#spare = this.#lanes.find(({ size }) => size === 0) ?? this.#spare;
      this.#lanes = this.#lanes.filter(({ size }) => size > 0);
    }
  }
}

function megabytes(bytes: number): string {
  return `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
