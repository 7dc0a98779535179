import type { Answer, AnswerRequest, ModelInfo, ResolvedGenerationConfig } from "@ocellus/core";
import type { Checkpoint } from "@ocellus/hub";
import type { VideoBackend } from "@ocellus/media";
import {
  type ConstraintSource,
  createConstraintSource,
  type PreparedConstraint,
} from "../constraint/constraint-source.ts";
import { coordinateExtent } from "../constraint/task-grammar.ts";
import type { TokenConstraint } from "../constraint/token-constraint.ts";
import type { Speculation } from "../engine-options.ts";
import type { FamilyModel, PlacedVisual, PreparedVisual } from "../families/model-family.ts";
import type { ChatTemplate } from "../text/chat-template.ts";
import { encodePrompt } from "../text/encode-prompt.ts";
import type { Tokenizer } from "../text/tokenizer.ts";
import { Batcher, type BatchLimits, type Generated } from "./batcher.ts";
import { embedPrompt } from "./embed-prompt.ts";
import { expandVisuals } from "./expand-visuals.ts";
import { FeatureCache, type VisionTower, type VisualFeatures } from "./feature-cache.ts";
import { fitContext } from "./fit-context.ts";
import { type EngineSessions, releaseSessions } from "./open-sessions.ts";
import { placeholdersOf, placeVisuals } from "./place-visuals.ts";
import { prepareVisuals } from "./prepare-visuals.ts";
import { PromptCache } from "./prompt-cache.ts";
import type { SequenceState } from "./sequence-state.ts";
import { toTemplateMessage } from "./to-template-message.ts";
import { tokenColumns } from "./token-columns.ts";
import { Turnstile } from "./turnstile.ts";
import { yieldToEvents } from "./yield-to-events.ts";

/** Everything that an engine answers with. */
export interface EngineParts {
  readonly checkpoint: Checkpoint;
  readonly model: FamilyModel;
  readonly tokenizer: Tokenizer;
  readonly template: ChatTemplate;
  readonly sessions: EngineSessions;
  /** Whether the vision tower, in a thread of its own, works beside the decoder, else in turn with it. */
  readonly seesAhead: boolean;
  readonly info: ModelInfo;
  readonly allowPrivateAddresses: boolean;
  /** What decodes videos. */
  readonly videoBackend: VideoBackend | "auto";
  /** Memory for reuse across prompts: three quarters keep keys and values, the rest visual features. */
  readonly promptCacheBytes: number;
  /** Where guesses at the next tokens come from. */
  readonly speculation: Speculation;
  /** How many answers are made at the same time. */
  readonly limits: BatchLimits;
}

/** A loaded checkpoint. Lives in a worker thread: its graphs block the thread while they run. */
export interface LocalEngine {
  readonly info: ModelInfo;
  /**
   * Answers one question. Calls that overlap are answered together, begun in the order in which they are ready.
   *
   * @throws typed errors of @ocellus/core
   */
  answer(request: AnswerRequest, context: EngineContext): Promise<Answer>;
  /** Frees the weights after the running answers have ended. */
  close(): Promise<void>;
}

/** What surrounds one answer. */
export interface EngineContext {
  readonly signal: AbortSignal;
  onText(delta: string): void;
}

/**
 * Questions whose pictures are opened, decoded and resized at the same time, while the model works on earlier ones: it
 * bounds the pixels in memory.
 */
const openingAtOnce = 8;

/** Puts the stages together: source → pixels → features → prompt → tokens → text (DESIGN section 2). */
export function createLocalEngine(parts: EngineParts): LocalEngine {
  const { sessions, checkpoint, model, promptCacheBytes } = parts;
  const batcher = new Batcher(sessions, model, parts.limits);
  const { vision } = sessions;
  const inTurn: VisionTower = { run: (feeds) => batcher.withoutSteps(() => vision.run(feeds)) };
  const engine: EngineState = {
    ...parts,
    prompts: new PromptCache(model.decoder, 0.75 * promptCacheBytes),
    features: new FeatureCache(parts.seesAhead ? vision : inTurn, 0.25 * promptCacheBytes),
    constraints: createConstraintSource(parts.tokenizer, model.decoder.vocabSize),
    batcher,
    opening: new Turnstile(openingAtOnce),
    ahead: new Turnstile(2),
    tower: new Turnstile(1),
    running: new Set(),
  };
  return {
    info: parts.info,
    answer: (request, context) => {
      const running = answer(engine, request, context);
      engine.running.add(running);
      return running.finally(() => engine.running.delete(running));
    },
    close: async () => {
      await Promise.allSettled(engine.running);
      engine.constraints.dispose();
      await Promise.all([releaseSessions(sessions), checkpoint.close()]);
    },
  };
}

/** What an engine answers with, and what it remembers of earlier answers. */
interface EngineState extends EngineParts {
  readonly prompts: PromptCache;
  readonly features: FeatureCache;
  readonly constraints: ConstraintSource;
  readonly batcher: Batcher;
  /** Lets questions in whose pictures may be opened. */
  readonly opening: Turnstile;
  /** Lets questions in that see or read: the tower is at most one question ahead of the decoder. */
  readonly ahead: Turnstile;
  /** Lets one question at a time into a vision tower that sees ahead. */
  readonly tower: Turnstile;
  readonly running: Set<Promise<Answer>>;
}

/** Opening of the next questions, reading of one, and generation of others go on side by side. */
async function answer(engine: EngineState, request: AnswerRequest, context: EngineContext): Promise<Answer> {
  const begin = performance.now();
  const { signal } = context;
  const started = await engine.opening.pass(signal, async () => {
    const question = await openQuestion(engine, request, signal);
    return seeAndRead(engine, question, context);
  });
  const generated = await started.generated;
  const { question, visionMs, cachedTokens } = started;
  return {
    text: generated.text,
    tokenIds: generated.tokenIds,
    finishReason: generated.finishReason,
    usage: {
      inputTokens: question.ids.length,
      imageTokens: question.visuals.reduce((sum, { tokens }) => sum + tokens, 0),
      cachedTokens,
      outputTokens: generated.tokenIds.length,
    },
    timings: {
      loadMs: question.loadMs,
      visionMs,
      prefillMs: generated.prefillMs,
      decodeMs: generated.decodeMs,
      firstTokenMs: generated.firstTokenAt - begin,
    },
    resizedSizes: question.prepared.map(({ resized }) => resized),
  };
}

/** A question whose pictures are pixels and whose text is ids. */
interface Question {
  readonly form: PreparedConstraint | null;
  readonly config: ResolvedGenerationConfig;
  /** In the order of the messages. */
  readonly prepared: readonly PreparedVisual[];
  readonly ids: readonly number[];
  readonly visuals: readonly PlacedVisual[];
  readonly loadMs: number;
}

async function openQuestion(engine: EngineState, request: AnswerRequest, signal: AbortSignal): Promise<Question> {
  const { model, tokenizer, allowPrivateAddresses, videoBackend } = engine;
  await yieldToEvents(signal);
  const begin = performance.now();
  const prepared = await prepareVisuals(model, request.messages, { signal, allowPrivateAddresses, videoBackend });
  const sizes = prepared.map(({ resized }) => resized);
  const extent = coordinateExtent(engine.info.coordinateSpace ?? "relative-1024", sizes);
  const form = await engine.constraints.prepare(request, extent);
  const loadMs = performance.now() - begin;
  const encoded = encodePrompt(tokenizer, engine.template, request.messages.map(toTemplateMessage), {
    templateOptions: request.templateOptions,
    allowedLiterals: model.allowedLiterals,
    closeThinking: form !== null,
    expand: expandVisuals(prepared),
  });
  const { ids, visuals } = placeVisuals(encoded.ids, placeholdersOf(model), prepared, tokenizer.encodePlain);
  const config = fitContext(request.generationConfig, ids.length, model.decoder.contextLength);
  return { form, config, prepared, ids, visuals, loadMs };
}

/** A question whose prompt has been read. */
interface StartedAnswer {
  readonly question: Question;
  readonly visionMs: number;
  /** Tokens of the prompt that were known. */
  readonly cachedTokens: number;
  readonly generated: Promise<Generated>;
}

/** What the vision tower makes of a question. */
interface SeenVisuals {
  readonly features: readonly VisualFeatures[];
  readonly visionMs: number;
}

/** Where the vision tower sees ahead, it works on the pictures of one question while another is read. */
async function seeAndRead(engine: EngineState, question: Question, context: EngineContext): Promise<StartedAnswer> {
  const { seesAhead, batcher, ahead, tower } = engine;
  const { signal } = context;
  const see = (): Promise<SeenVisuals> => seeVisuals(engine, question, signal);
  const read = (seen: SeenVisuals): Promise<StartedAnswer> => startAnswer(engine, question, seen, context);
  if (!seesAhead) return batcher.read(signal, async () => read(await see()));
  return ahead.pass(signal, async () => {
    const seen = await tower.pass(signal, see);
    return batcher.read(signal, () => read(seen));
  });
}

async function seeVisuals({ features }: EngineState, { visuals }: Question, signal: AbortSignal): Promise<SeenVisuals> {
  const begin = performance.now();
  const seen: VisualFeatures[] = [];
  for (const visual of visuals) seen.push(await features.featuresOf(visual, () => yieldToEvents(signal)));
  return { features: seen, visionMs: performance.now() - begin };
}

async function startAnswer(
  engine: EngineState,
  question: Question,
  { features, visionMs }: SeenVisuals,
  context: EngineContext,
): Promise<StartedAnswer> {
  const { model, tokenizer, prompts, batcher } = engine;
  const { ids, visuals, config } = question;
  const { signal, onText } = context;
  const leaveBatch = await batcher.enter(ids.length, config.maxNewTokens, signal);
  let constraint: TokenConstraint | undefined;
  const release = (): void => {
    constraint?.dispose();
    leaveBatch();
  };
  try {
    await batcher.share();
    const keys = promptKeys(ids, visuals, features);
    const { state, reused } = prompts.take(keys, partings(ids, visuals));
    const rows = features.map((feature) => feature.rows);
    const positions = model.positions(ids.length, visuals);
    const prompt = {
      ids,
      embeddings: embedPrompt(model, ids, visuals, rows, reused),
      positions: { ...positions, ids: tokenColumns(positions.ids, ids.length, reused) },
    };
    constraint = await question.form?.open(config);
    const keep = (kept: SequenceState, tokenIds: readonly number[]) => prompts.keep([...keys, ...tokenIds], kept);
    const isCrowded = engine.running.size > 1;
    const entry = {
      ...{ model, tokenizer, config, constraint, signal, onText },
      ...{ prompt, state, keys, keep, isCrowded, speculation: engine.speculation },
    };
    const { generated } = await batcher.start(entry);
    return { question, visionMs, cachedTokens: reused, generated: generated.finally(release) };
  } catch (error) {
    release();
    throw error;
  }
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
