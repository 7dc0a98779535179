import {
  type Answer,
  type AnswerRequest,
  GenerationError,
  type ModelInfo,
  type ResolvedGenerationConfig,
} from "@ocellus/core";
import type { Checkpoint } from "@ocellus/hub";
import type { VideoBackend } from "@ocellus/media";
import { type ConstraintSource, createConstraintSource } from "../constraint/constraint-source.ts";
import type { FamilyModel, PlacedVisual } from "../families/model-family.ts";
import type { ChatTemplate } from "../text/chat-template.ts";
import { encodePrompt } from "../text/encode-prompt.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { decode } from "./decode-loop.ts";
import { Decoder, type DecoderSessions } from "./decoder.ts";
import { embedPrompt } from "./embed-prompt.ts";
import { expandVisuals } from "./expand-visuals.ts";
import { FeatureCache, type VisualFeatures } from "./feature-cache.ts";
import type { OnnxSession } from "./onnx-session.ts";
import { placeholdersOf, placeVisuals } from "./place-visuals.ts";
import { prepareVisuals } from "./prepare-visuals.ts";
import { PromptCache } from "./prompt-cache.ts";
import { toTemplateMessage } from "./to-template-message.ts";
import { tokenColumns } from "./token-columns.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Everything that an engine answers with. */
export interface EngineParts {
  readonly checkpoint: Checkpoint;
  readonly model: FamilyModel;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly sessions: DecoderSessions & { readonly vision: OnnxSession };
  readonly info: ModelInfo;
  readonly allowPrivateAddresses: boolean;
  /** What decodes videos. */
  readonly videoBackend: VideoBackend | "auto";
  /** Memory for reuse across prompts: three quarters keep keys and values, the rest visual features. */
  readonly promptCacheBytes: number;
}

/** A loaded checkpoint. Lives in a worker thread: its graphs block the thread while they run. */
export interface LocalEngine {
  readonly info: ModelInfo;
  /**
   * Answers one question. Calls that overlap are answered one after the other, in order.
   *
   * @throws typed errors of @ocellus/core
   */
  answer(request: AnswerRequest, context: EngineContext): Promise<Answer>;
  /** Frees the weights after the running answer has ended. */
  close(): Promise<void>;
}

/** What surrounds one answer. */
export interface EngineContext {
  readonly signal: AbortSignal;
  onText(delta: string): void;
}

/** Puts the stages together: source → pixels → features → prompt → tokens → text (DESIGN section 2). */
export function createLocalEngine(parts: EngineParts): LocalEngine {
  const { sessions, checkpoint, promptCacheBytes } = parts;
  const state: EngineState = {
    ...parts,
    prompts: new PromptCache(parts.model.decoder, 0.75 * promptCacheBytes),
    features: new FeatureCache(sessions.vision, 0.25 * promptCacheBytes),
    constraints: createConstraintSource(parts.tokenizer, parts.model.decoder.vocabSize, parts.info.coordinateSpace),
  };
  let queue: Promise<unknown> = Promise.resolve();
  return {
    info: parts.info,
    answer: (request, context) => {
      const turn = queue.then(() => answer(state, request, context));
      queue = turn.catch(() => undefined);
      return turn;
    },
    close: async () => {
      await queue;
      state.constraints.dispose();
      await Promise.all([...Object.values(sessions).map((session) => session?.release()), checkpoint.close()]);
    },
  };
}

/** What an engine answers with, and what it remembers of earlier answers. */
interface EngineState extends EngineParts {
  readonly prompts: PromptCache;
  readonly features: FeatureCache;
  readonly constraints: ConstraintSource;
}

async function answer(engine: EngineState, request: AnswerRequest, context: EngineContext): Promise<Answer> {
  const { model, tokenizer, sessions, prompts } = engine;
  const { signal, onText } = context;
  await yieldToEvents(signal);
  const begin = performance.now();
  const form = await engine.constraints.prepare(request);
  const { allowPrivateAddresses, videoBackend } = engine;
  const prepared = await prepareVisuals(model, request.messages, { signal, allowPrivateAddresses, videoBackend });
  const loaded = performance.now();

  const templateMessages = request.messages.map(toTemplateMessage);
  const encoded = encodePrompt(tokenizer, engine.template, templateMessages, {
    templateOptions: request.templateOptions,
    allowedLiterals: model.allowedLiterals,
    closeThinking: form !== null,
    expand: expandVisuals(prepared),
  });
  const { ids, visuals } = placeVisuals(encoded.ids, placeholdersOf(model), prepared, tokenizer.encodePlain);
  const config = fitContext(request.generationConfig, ids.length, model.decoder.contextLength);
  const templated = performance.now();

  const features: VisualFeatures[] = [];
  for (const visual of visuals) {
    features.push(await engine.features.featuresOf(visual, () => yieldToEvents(signal)));
  }
  const seen = performance.now();

  const keys = promptKeys(ids, visuals, features);
  const { state, reused } = prompts.take(keys, partings(ids, visuals));
  const rows = features.map((feature) => feature.rows);
  const positions = model.positions(ids.length, visuals);
  const prompt = {
    ids,
    embeddings: embedPrompt(model, ids, visuals, rows, reused),
    positions: { ...positions, ids: tokenColumns(positions.ids, ids.length, reused) },
  };
  const decoder = new Decoder(sessions, model, state);
  const constraint = await form?.open(config);
  const options = { model, tokenizer, config, constraint, signal, onText };
  const generated = await decode(decoder, prompt, options).finally(() => constraint?.dispose());
  prompts.keep([...keys, ...generated.tokenIds], state);

  return {
    text: generated.text,
    tokenIds: generated.tokenIds,
    finishReason: generated.finishReason,
    usage: {
      inputTokens: ids.length,
      imageTokens: visuals.reduce((sum, { tokens }) => sum + tokens, 0),
      cachedTokens: reused,
      outputTokens: generated.tokenIds.length,
    },
    timings: {
      loadMs: loaded - begin,
      visionMs: seen - templated,
      prefillMs: generated.prefillMs,
      decodeMs: generated.decodeMs,
      firstTokenMs: generated.firstTokenAt - begin,
    },
    resizedSizes: prepared.map(({ resized }) => resized),
  };
}

/** What a prompt is known by in the prompt cache: its ids, and the content of a visual in place of its placeholders. */
function promptKeys(
  ids: readonly number[],
  visuals: readonly PlacedVisual[],
  features: readonly VisualFeatures[],
): number[] {
  const keys = [...ids];
  for (const [index, { spans }] of visuals.entries()) {
    for (const { start, length } of spans) keys.fill(features[index]!.contentKey, start, start + length);
  }
  return keys;
}

/** As many tokens as a template writes to open an answer, which are often gone once the answer is history. */
const openingTokens = 8;

/** Where later prompts may part from this one: before and behind the visuals, and before the answer is opened. */
function partings(ids: readonly number[], visuals: readonly PlacedVisual[]): number[] {
  const spans = visuals.flatMap((visual) => visual.spans);
  const { start = 0, length = 0 } = spans.at(-1) ?? {};
  return [spans[0]?.start ?? 0, start + length, ids.length - openingTokens].sort((a, b) => a - b);
}

/** Lowers the cap on new tokens to what the context still holds. */
function fitContext(
  config: ResolvedGenerationConfig,
  promptTokens: number,
  contextLength: number,
): ResolvedGenerationConfig {
  const room = contextLength - promptTokens;
  if (room < 1) {
    throw new GenerationError(
      `The prompt has ${promptTokens} tokens, but the model's context holds ${contextLength}. Use fewer or smaller pictures (maxPixels) or a shorter text.`,
    );
  }
  return { ...config, maxNewTokens: Math.min(config.maxNewTokens, room) };
}
