import { createHash } from "node:crypto";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import {
  type CheckpointGenerationConfig,
  type Logger,
  type ModelInfo,
  ModelLoadError,
  type ProgressListener,
} from "@ocellus/core";
import type { Checkpoint } from "@ocellus/hub";
import { loadCheckpointMetadata } from "../checkpoint/checkpoint-metadata.ts";
import { loadGenerationSettings } from "../checkpoint/generation-settings.ts";
import { type ModelCheckpoint, openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { defaultBatchSize, type EngineOptions } from "../engine-options.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { openFamily } from "../families/open-family.ts";
import { cacheFolder } from "../onnx/cache-folder.ts";
import { obtainGraphs } from "../onnx/graph-cache.ts";
import { loadChatTemplate } from "../text/chat-template.ts";
import { loadTokenizer, type Tokenizer } from "../text/tokenizer.ts";
import type { BatchLimits } from "./batcher.ts";
import { type ChosenPrecision, choosePrecision } from "./choose-precision.ts";
import { startConverters } from "./converter.ts";
import type { ConverterStart } from "./converter-protocol.ts";
import { coordinateSpaceOf } from "./coordinate-space-of.ts";
import { createLocalEngine, type LocalEngine } from "./local-engine.ts";
import { availableMemory, stepBytes, totalMemory } from "./memory-estimate.ts";
import { openSessions } from "./open-sessions.ts";
import { planGraphs } from "./plan-graphs.ts";

/** Part of the time that writing and checking the weights takes of loading, as `fraction` of the progress events. */
const preparedFraction = 0.8;

const defaultPromptCacheBytes = 256 * 2 ** 20;

/** A machine that says it has no memory left can mostly still get this much. */
const leastKvBudgetBytes = 256 * 2 ** 20;

/** What surrounds the opening of an engine. */
export interface OpenEngineContext {
  readonly signal: AbortSignal;
  readonly onProgress: ProgressListener;
  readonly logger: Logger;
}

/**
 * Opens a checkpoint for answering: downloads what the cache lacks of a model of the Hub, reads and checks the files, settles the precision, converts the weights
 * unless the cache holds them already, and loads them.
 *
 * @throws ModelLoadError, InsufficientMemoryError, InvalidArgumentError, AbortedError
 */
export async function openEngine(
  name: string,
  options: EngineOptions,
  context: OpenEngineContext,
): Promise<LocalEngine> {
  const { signal, onProgress } = context;
  const progress = reporter(onProgress);
  progress("Reading the checkpoint", 0);
  const checkpoint = await openModelCheckpoint(name, {
    adapter: options.adapter,
    hub: { ...options.hub, revision: options.revision },
    ...context,
  });
  try {
    const model = await openFamily(checkpoint, options);
    const tokenizer = await loadTokenizer(checkpoint);
    checkPlaceholder(tokenizer, model, checkpoint);
    const template = await loadChatTemplate(checkpoint, model.plainPrompt);
    const info = await describe(checkpoint, tokenizer, model, options);

    const chosen = choosePrecision(model, options.precision ?? "auto", options.blockSize, availableMemory());
    const threads = options.threads ?? availableParallelism();
    const root = cacheFolder(options.cacheFolder);
    const key = await cacheKey(checkpoint, model, chosen.plan.tag, { root, signal });
    const adapter = checkpoint.adapter?.checkpoint.folder;
    const start: ConverterStart = { folder: checkpoint.folder, adapter, options, plan: chosen.plan };
    const { folder: graphs } = await obtainGraphs({
      folder: join(root, "graphs"),
      key,
      graphs: () => ({ ...planGraphs(model, chosen.plan) }),
      openWriters: (planned) => startConverters(planned, start, threads),
      signal,
      logger: context.logger,
      onProgress: ({ writtenBytes, totalBytes }) =>
        progress("Converting the weights", (preparedFraction * writtenBytes) / Math.max(1, totalBytes)),
    });
    progress("Loading the weights", preparedFraction);
    const sessions = await openSessions(graphs, { threads, hasCopy: chosen.plan.prefill !== null, signal });
    progress("Ready", 1);
    const promptCacheBytes = options.promptCacheBytes ?? defaultPromptCacheBytes;
    return createLocalEngine({
      checkpoint,
      model,
      tokenizer,
      template,
      sessions,
      // On two processors folders were no faster with the tower beside the decoder, and took more of their time.
      seesAhead: sessions.vision.isAside === true && availableParallelism() > 2,
      info: { ...info, ...describePrecision(chosen) },
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
      videoBackend: options.videoBackend ?? "auto",
      promptCacheBytes,
      speculation: options.speculation ?? "none",
      limits: batchLimits(options, stepBytes(model, chosen.plan), availableMemory() - promptCacheBytes),
    });
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/**
 * How many answers are made at once.
 *
 * @param freeBytes memory that is left beside weights and prompt cache
 */
function batchLimits(options: EngineOptions, weightBytes: number, freeBytes: number): BatchLimits {
  return {
    maxBatchSize: options.maxBatchSize ?? defaultBatchSize,
    kvBudgetBytes: options.kvBudgetBytes ?? Math.max(leastKvBudgetBytes, 0.5 * freeBytes),
    // What is free is no bound for one prompt: in a container the weights' file counts as used memory for a while.
    maxPromptBytes: options.kvBudgetBytes ?? 0.5 * totalMemory(),
    weightBytes,
  };
}

function describePrecision({ plan, weightBytes }: ChosenPrecision): Partial<ModelInfo> {
  return { precision: plan.precision, precisionParts: plan.parts, weightBytes };
}

/** Reports the beginning of every step, and within a step at most once a percent. */
function reporter(onProgress: OpenEngineContext["onProgress"]): (step: string, fraction: number) => void {
  let last = "";
  return (step, fraction) => {
    const state = `${step} ${Math.floor(fraction * 100)}`;
    if (state === last) return;
    last = state;
    onProgress({ kind: "load", step, fraction });
  };
}

function checkPlaceholder(tokenizer: Tokenizer, model: FamilyModel, checkpoint: Checkpoint): void {
  if (tokenizer.idToToken(model.imageTokenId) !== undefined) return;
  throw new ModelLoadError(
    `The tokenizer of ${checkpoint.folder} has no token ${model.imageTokenId}, which config.json names as image_token_id. tokenizer.json belongs to another checkpoint; copy the right one.`,
  );
}

async function describe(
  checkpoint: ModelCheckpoint,
  tokenizer: Tokenizer,
  model: FamilyModel,
  options: EngineOptions,
): Promise<ModelInfo> {
  const metadata = { ...(await loadCheckpointMetadata(checkpoint)), ...options.metadata };
  const task = options.task ?? metadata.task;
  const { adapter } = checkpoint;
  const coordinateSpace = coordinateSpaceOf({
    stated: [options.coordinateSpace, metadata.coordinateSpace],
    files: adapter === undefined ? [checkpoint] : [checkpoint, adapter.checkpoint],
    family: model.coordinateSpace,
  });
  return {
    provider: "local",
    family: model.family,
    ...(task === undefined ? {} : { task }),
    ...(coordinateSpace === undefined ? {} : { coordinateSpace }),
    ...(metadata.cotSuffix === undefined ? {} : { cotSuffix: metadata.cotSuffix }),
    ...(metadata.systemPrompts === undefined ? {} : { systemPrompts: metadata.systemPrompts }),
    generationConfig: mergeSettings(await loadGenerationSettings(checkpoint, tokenizer), metadata.generationConfig),
    supportsVideo: model.video !== undefined,
    contextLength: model.decoder.contextLength,
    device: "cpu",
    ...(adapter === undefined ? {} : { adapter: adapter.checkpoint.folder }),
  };
}

function mergeSettings(
  own: CheckpointGenerationConfig,
  stated: CheckpointGenerationConfig = {},
): CheckpointGenerationConfig {
  const stopTokenIds = [...new Set([...(own.stopTokenIds ?? []), ...(stated.stopTokenIds ?? [])])];
  return { ...own, ...stated, ...(stopTokenIds.length === 0 ? {} : { stopTokenIds }) };
}

/** Names what the converted weights depend on: the stored weights, the configuration, the graphs and the precision. */
async function cacheKey(
  checkpoint: Checkpoint,
  model: FamilyModel,
  tag: string,
  options: { readonly root: string; readonly signal: AbortSignal },
): Promise<string> {
  const { root, signal } = options;
  const weights = await checkpoint.fingerprint({ memoFolder: join(root, "fingerprints"), signal });
  const hash = createHash("sha256").update(weights);
  const configs = ["config.json", ...checkpoint.parts.map((part) => `${part}/config.json`)];
  for (const file of configs) if (checkpoint.has(file)) hash.update(await checkpoint.readText(file));
  const digest = hash.digest("hex").slice(0, 32);
  return `${model.family}-r${model.graphRevision}-${tag}-${digest}`;
}
