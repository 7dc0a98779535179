import { InsufficientMemoryError, ModelLoadError } from "@ocellus/core";
import { type HubAccess, locateCheckpoint, type TensorInfo } from "@ocellus/hub";
import type { CheckpointFiles } from "./checkpoint/checkpoint-files.ts";
import { loadCheckpointMetadata } from "./checkpoint/checkpoint-metadata.ts";
import { folderFiles } from "./checkpoint/folder-files.ts";
import { loadGenerationSettings } from "./checkpoint/generation-settings.ts";
import { type ModelCheckpoint, type OpenModelOptions, openModelCheckpoint } from "./checkpoint/model-checkpoint.ts";
import { type BlockSize, type Precision, precisionPlan, precisions } from "./checkpoint/precision.ts";
import type { FamilyModel } from "./families/model-family.ts";
import { openFamily } from "./families/open-family.ts";
import { familyOf } from "./families/registry.ts";
import { describeTensors, layOut } from "./inspect-tensors.ts";
import type { InspectionProblem, ModelInspection, PrecisionMemory } from "./model-inspection.ts";
import { choosePrecision } from "./runtime/choose-precision.ts";
import { availableMemory, estimateMemory } from "./runtime/memory-estimate.ts";
import { loadChatTemplate } from "./text/chat-template.ts";
import { isJsonObject, type JsonObject } from "./text/json-object.ts";
import { loadTokenizer, type Tokenizer } from "./text/tokenizer.ts";

/** Options of {@link inspectModel}. */
export interface InspectModelOptions {
  /** As for `loadModel`; decides on the memory of int8 and int4. */
  readonly blockSize?: BlockSize;
  /** As for `loadModel`: folder of an adapter that is to be merged into the weights. */
  readonly adapter?: string;
  /** As for `loadModel`. */
  readonly revision?: string;
  /** As for `loadModel`; nothing is downloaded. */
  readonly hub?: HubAccess;
  readonly signal?: AbortSignal;
}

/** Collects what prevents loading: a ModelLoadError becomes a problem, everything else is thrown. */
type Attempt = <Value>(subject: string, action: () => Promise<Value> | Value) => Promise<Value | null>;

/**
 * Looks at a checkpoint without loading it: architecture, parameters, dtypes, limits, memory per precision, and
 * all reasons why it could not be loaded. Reads headers and small files only.
 *
 * @param name path of the folder (`~` is expanded), or the id of a model that the Hub's cache has
 * @throws ModelLoadError when there is no such folder, or the cache lacks the model; what is wrong inside of it is in
 *   `problems`
 * @throws InvalidArgumentError for an unusable path or block size; AbortedError after `signal`
 */
export async function inspectModel(name: string, options: InspectModelOptions = {}): Promise<ModelInspection> {
  const { blockSize, adapter, revision, signal } = options;
  const hub = { ...options.hub, offline: true };
  const folder = await locateCheckpoint(name, { ...hub, revision, signal });
  const problems: InspectionProblem[] = [];
  const attempt: Attempt = async (subject, action) => {
    try {
      return await action();
    } catch (error) {
      if (!ModelLoadError.isInstance(error)) throw error;
      if (!problems.some(({ message }) => message === error.message)) {
        problems.push({ subject, message: error.message });
      }
      return null;
    }
  };
  const opened = await openOrExplain(folder, { adapter, hub, signal });
  const checkpoint = await attempt("weights", () => {
    if (ModelLoadError.isInstance(opened)) throw opened;
    return opened;
  });
  try {
    const root = checkpoint?.folder ?? folder;
    return await inspectFiles({ root, checkpoint, problems, attempt, blockSize });
  } finally {
    await checkpoint?.close();
  }
}

/** The open checkpoint or what is wrong with its weights. */
async function openOrExplain(folder: string, options: OpenModelOptions): Promise<ModelCheckpoint | ModelLoadError> {
  try {
    return await openModelCheckpoint(folder, options);
  } catch (error) {
    if (ModelLoadError.isInstance(error)) return error;
    throw error;
  }
}

interface Findings {
  readonly root: string;
  readonly checkpoint: ModelCheckpoint | null;
  readonly problems: InspectionProblem[];
  readonly attempt: Attempt;
  readonly blockSize: BlockSize | undefined;
}

async function inspectFiles({ root, checkpoint, problems, attempt, blockSize }: Findings): Promise<ModelInspection> {
  const files: CheckpointFiles = checkpoint ?? folderFiles(root);
  const json = await attempt("config.json", () => files.readJson("config.json"));
  const config: JsonObject = isJsonObject(json) ? json : {};
  const family = json === null ? null : await attempt("architecture", () => familyOf(json));
  const layout = checkpoint && (await attempt("quantisation", () => layOut(checkpoint)));
  const canOpen = family !== null && checkpoint !== null;
  const model = canOpen ? await attempt("architecture", () => openFamily(checkpoint, {})) : null;
  if (!canOpen) await attempt("image processor", () => requireProcessor(files));
  const tokenizer = await attempt("tokenizer", () => loadTokenizer(files));
  await attempt("tokenizer", () => checkPlaceholder(tokenizer, model));
  const template = await attempt("chat template", () => loadChatTemplate(files, model?.plainPrompt));
  const metadata = await attempt("ocellus.json", () => loadCheckpointMetadata(files));
  const generationConfig =
    tokenizer === null ? null : await attempt("generation settings", () => loadGenerationSettings(files, tokenizer));
  const memory = model === null ? null : await attempt("weights", () => memoryOf(model, blockSize));
  // Other families give the same keys other meanings (sides instead of areas).
  const imageLimits = model === null ? null : await attempt("image processor", () => statedImageLimits(files));
  const tensors = checkpoint && [...checkpoint.tensors.values()];
  return {
    folder: root,
    name: metadata?.name ?? null,
    adapter: describeAdapter(checkpoint),
    ...statedSizes(config, model, tensors),
    isLoadable: problems.length === 0,
    problems,
    ...describeTensors(layout, tensors),
    quantization: checkpoint?.quantization?.method ?? null,
    imageLimits: imageLimits ?? { minPixels: null, maxPixels: null },
    chatTemplate: template?.file ?? null,
    generationConfig,
    memory,
  };
}

function describeAdapter(checkpoint: ModelCheckpoint | null): ModelInspection["adapter"] {
  const adapter = checkpoint?.adapter;
  if (adapter === undefined) return null;
  const { config, tensors } = adapter;
  return {
    folder: adapter.checkpoint.folder,
    kind: config.isDora ? "DoRA" : config.isRankStabilised ? "rsLoRA" : "LoRA",
    base: config.base ?? null,
    rank: config.rank,
    modules: tensors.modules.size,
    replaced: [...tensors.whole.keys()],
  };
}

function statedSizes(
  config: JsonObject,
  model: FamilyModel | null,
  tensors: readonly TensorInfo[] | null,
): Pick<ModelInspection, "modelType" | "architectures" | "vocabularySize" | "contextLength" | "tiedEmbeddings"> {
  const text =
    [config.text_config, config.llm_config, config.llm_cfg, config.language_config].find(isJsonObject) ?? config;
  return {
    modelType: typeof config.model_type === "string" ? config.model_type : null,
    architectures: arrayOf(config.architectures).filter((name) => typeof name === "string"),
    vocabularySize: model?.decoder.vocabSize ?? countOf(text.vocab_size),
    contextLength: model?.decoder.contextLength ?? countOf(text.max_position_embeddings),
    tiedEmbeddings: areEmbeddingsTied(config, text, tensors),
  };
}

function requireProcessor(files: CheckpointFiles): void {
  if (files.has("preprocessor_config.json") || files.has("processor_config.json")) return;
  throw new ModelLoadError(
    "The checkpoint has neither preprocessor_config.json nor processor_config.json. Copy the file from the model's repository into the folder.",
  );
}

function checkPlaceholder(tokenizer: Tokenizer | null, model: FamilyModel | null): void {
  if (tokenizer === null || model === null || tokenizer.idToToken(model.imageTokenId) !== undefined) return;
  throw new ModelLoadError(
    `tokenizer.json has no token ${model.imageTokenId}, which config.json names as image_token_id. It belongs to another checkpoint; copy the right one.`,
  );
}

function memoryOf(model: FamilyModel, blockSize: BlockSize | undefined): ModelInspection["memory"] {
  const availableBytes = availableMemory();
  const list = precisions.map((decode): PrecisionMemory => {
    const parts = { decode, ...(blockSize === undefined ? {} : { blockSize }) };
    const estimate = estimateMemory(model, precisionPlan(parts));
    const withCopy = decode === "int4" ? estimateMemory(model, precisionPlan({ ...parts, prefill: "int8" })) : null;
    return {
      precision: decode,
      ...estimate,
      prefillCopyBytes: withCopy === null ? null : withCopy.weightBytes - estimate.weightBytes,
      fits: estimate.requiredBytes <= availableBytes,
    };
  });
  return { availableBytes, precisions: list, auto: automaticPrecision(model, blockSize, availableBytes) };
}

function automaticPrecision(
  model: FamilyModel,
  blockSize: BlockSize | undefined,
  availableBytes: number,
): Precision | null {
  try {
    return choosePrecision(model, "auto", blockSize, availableBytes).plan.precision;
  } catch (error) {
    if (InsufficientMemoryError.isInstance(error)) return null;
    throw error;
  }
}

function areEmbeddingsTied(
  config: JsonObject,
  text: JsonObject,
  tensors: readonly TensorInfo[] | null,
): boolean | null {
  const stated = config.tie_word_embeddings ?? text.tie_word_embeddings;
  if (typeof stated === "boolean") return stated;
  return tensors === null ? null : !tensors.some(({ name }) => /(?:^|\.)lm_head\.weight$/.test(name));
}

/** The bounds that the processor settings state under either of their names. */
async function statedImageLimits(files: CheckpointFiles): Promise<ModelInspection["imageLimits"]> {
  const [flat, nested] = await Promise.all(
    ["preprocessor_config.json", "processor_config.json"].map((file) =>
      files.has(file) ? files.readJson(file) : null,
    ),
  );
  const settings = isJsonObject(flat) ? flat : isJsonObject(nested) ? nested.image_processor : {};
  const { min_pixels, max_pixels, size }: JsonObject = isJsonObject(settings) ? settings : {};
  const sides: JsonObject = isJsonObject(size) ? size : {};
  return {
    minPixels: countOf(min_pixels ?? sides.shortest_edge),
    maxPixels: countOf(max_pixels ?? sides.longest_edge),
  };
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
