import { InsufficientMemoryError, ModelLoadError } from "@ocellus/core";
import { type Checkpoint, type HubAccess, locateCheckpoint, safetensorsDtypeBits, type TensorInfo } from "@ocellus/hub";
import type { CheckpointFiles } from "./checkpoint/checkpoint-files.ts";
import { loadCheckpointMetadata } from "./checkpoint/checkpoint-metadata.ts";
import { floatElementBytes } from "./checkpoint/float32.ts";
import { folderFiles } from "./checkpoint/folder-files.ts";
import { loadGenerationSettings } from "./checkpoint/generation-settings.ts";
import { type ModelCheckpoint, type OpenModelOptions, openModelCheckpoint } from "./checkpoint/model-checkpoint.ts";
import { type BlockSize, type Precision, precisionPlan, precisions } from "./checkpoint/precision.ts";
import type { FamilyModel } from "./families/model-family.ts";
import { familyOf } from "./families/registry.ts";
import type { InspectionProblem, ModelInspection, StoredDtype } from "./model-inspection.ts";
import { choosePrecision } from "./runtime/choose-precision.ts";
import { availableMemory, estimateMemory } from "./runtime/memory-estimate.ts";
import { openFamily } from "./runtime/open-engine.ts";
import { loadChatTemplate } from "./text/chat-template.ts";
import { isJsonObject, type JsonObject } from "./text/json-object.ts";
import { loadTokenizer, type Tokenizer } from "./text/tokenizer.ts";

/** Tensors that hold parameters (also packed ones), unlike buffers such as `position_ids`. */
const parameterName = /(?:weight|bias|qweight|scales|qzeros|packed|absmax|quant_map|_blocks)$/;

/** Parts of tensor names that belong to the vision side: the tower and what connects it to the language model. */
const visionName = /(?:^|\.)(?:visual|vision\w*|sam_model|image_\w+|\w*projector|connector|mlp1)(?:\.|$)/;

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
  const canOpen = family !== null && checkpoint !== null;
  const model = canOpen ? await attempt("architecture", () => openFamily(checkpoint, {})) : null;
  if (!canOpen) await attempt("image processor", () => requireProcessor(files));
  await attempt("quantisation", () => refuseQuantised(config, checkpoint));
  const tokenizer = await attempt("tokenizer", () => loadTokenizer(files));
  await attempt("tokenizer", () => checkPlaceholder(tokenizer, model));
  const template = await attempt("chat template", () => loadChatTemplate(files, model?.plainPrompt));
  const metadata = await attempt("ocellus.json", () => loadCheckpointMetadata(files));
  const generationConfig =
    tokenizer === null ? null : await attempt("generation settings", () => loadGenerationSettings(files, tokenizer));
  const memory = model === null ? null : await attempt("weights", () => memoryOf(model, blockSize));
  // Other families give the same keys other meanings (sides instead of areas).
  const imageLimits = model === null ? null : await attempt("image processor", () => statedImageLimits(files));
  const tensors = checkpoint === null ? null : [...checkpoint.tensors.values()];
  return {
    folder: root,
    name: metadata?.name ?? null,
    adapter: describeAdapter(checkpoint),
    ...statedSizes(config, model, tensors),
    isLoadable: problems.length === 0,
    problems,
    weights: tensors === null ? null : describeWeights(tensors),
    parameters: tensors === null ? null : countParameters(tensors),
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

/** Quantised layouts and element types that cannot be converted, all of them in one message. */
function refuseQuantised(config: JsonObject, checkpoint: Checkpoint | null): void {
  const remedy = "Use the checkpoint that it was made from, saved as BF16, F16 or F32.";
  if (isJsonObject(config.quantization_config)) {
    const method = JSON.stringify(config.quantization_config.quant_method ?? "unknown");
    throw new ModelLoadError(`config.json: weights quantised by ${method} are not supported. ${remedy}`);
  }
  const refused = new Map<string, string[]>();
  for (const { name, dtype } of checkpoint?.tensors.values() ?? []) {
    if (!parameterName.test(name) || isFloat(dtype, name)) continue;
    refused.set(dtype, [...(refused.get(dtype) ?? []), name]);
  }
  if (refused.size === 0) return;
  const found = [...refused].map(([dtype, names]) => `${dtype} (${names.length}, the first is "${names[0]}")`);
  throw new ModelLoadError(`Weights of these types are not supported: ${found.join(", ")}. ${remedy}`);
}

function isFloat(dtype: TensorInfo["dtype"], name: string): boolean {
  try {
    return floatElementBytes(dtype, name) > 0;
  } catch (error) {
    if (ModelLoadError.isInstance(error)) return false;
    throw error;
  }
}

function checkPlaceholder(tokenizer: Tokenizer | null, model: FamilyModel | null): void {
  if (tokenizer === null || model === null || tokenizer.idToToken(model.imageTokenId) !== undefined) return;
  throw new ModelLoadError(
    `tokenizer.json has no token ${model.imageTokenId}, which config.json names as image_token_id. It belongs to another checkpoint; copy the right one.`,
  );
}

function memoryOf(model: FamilyModel, blockSize: BlockSize | undefined): ModelInspection["memory"] {
  const availableBytes = availableMemory();
  const list = precisions.map((precision) => {
    const estimate = estimateMemory(model, precisionPlan(precision, blockSize));
    return { precision, ...estimate, fits: estimate.requiredBytes <= availableBytes };
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

function describeWeights(tensors: readonly TensorInfo[]): ModelInspection["weights"] {
  const byDtype = new Map<string, StoredDtype>();
  for (const tensor of tensors) {
    const { dtype, byteLength } = tensor;
    const sum = byDtype.get(dtype) ?? { dtype, tensors: 0, parameters: 0, bytes: 0 };
    byDtype.set(dtype, {
      dtype,
      tensors: sum.tensors + 1,
      parameters: sum.parameters + elementsOf(tensor),
      bytes: sum.bytes + byteLength,
    });
  }
  return {
    files: new Set(tensors.map(({ file }) => file)).size,
    tensors: tensors.length,
    bytes: tensors.reduce((sum, { byteLength }) => sum + byteLength, 0),
    dtypes: [...byDtype.values()].sort((a, b) => b.bytes - a.bytes),
  };
}

function countParameters(tensors: readonly TensorInfo[]): ModelInspection["parameters"] {
  const sum = (list: readonly TensorInfo[]): number => list.reduce((total, tensor) => total + elementsOf(tensor), 0);
  const total = sum(tensors);
  const vision = sum(tensors.filter(({ name }) => visionName.test(name)));
  return { total, vision, language: total - vision };
}

function elementsOf({ byteLength, dtype }: TensorInfo): number {
  return (byteLength * 8) / safetensorsDtypeBits[dtype];
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
