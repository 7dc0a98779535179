import { ModelLoadError } from "@ocellus/core";
import type { Checkpoint, TensorInfo } from "@ocellus/hub";
import { plainWeight, readTensorSync, rowElements, type StoredWeight } from "../stored-weight.ts";
import type { ModuleTensors } from "./adapter-tensors.ts";
import { type LowRank, mergedWeight } from "./low-rank.ts";
import { type Adapter, separatesHead } from "./open-adapter.ts";
import { replacedRows, shiftedBias } from "./replaced-values.ts";

/**
 * Merges an adapter into the weights of its base. The adapter's names go through the same rewrites as the base's, so
 * that it does not matter which version of transformers either was saved by.
 *
 * @param weights of the base by canonical name; changed in place
 * @throws ModelLoadError naming the adapter's tensor that has no counterpart or another shape
 */
export function applyAdapter(
  adapter: Adapter,
  weights: Map<string, StoredWeight>,
  rename: (stored: string) => string,
): void {
  const merge: Merge = { adapter, weights, checkpoint: adapter.checkpoint };
  const [embeddingName, embedding] = [...weights].find(([name]) => isEmbedding(name)) ?? [];
  for (const [stored, tensor] of adapter.tensors.whole) replaceWhole(merge, rename(stored), tensor);
  if (embedding !== undefined && separatesHead(adapter, embedding.shape[0])) {
    const head = embeddingName!.replace(/model\.(?:\w+\.)?embed_tokens\.weight$/, "lm_head.weight");
    if (!weights.has(head)) weights.set(head, embedding);
  }
  for (const [path, module] of adapter.tensors.modules) {
    mergeModule(merge, { path, name: rename(`${path}.weight`), bias: rename(`${path}.bias`) }, module);
  }
}

function isEmbedding(name: string): boolean {
  return name.endsWith("embed_tokens.weight");
}

/** The output head, wherever the family has it (`lm_head`, `llm.lm_head`). */
function isHead(name: string): boolean {
  return /(?:^|\.)lm_head\.weight$/.test(name);
}

interface Merge {
  readonly adapter: Adapter;
  readonly checkpoint: Checkpoint;
  readonly weights: Map<string, StoredWeight>;
}

interface ModuleNames {
  readonly path: string;
  readonly name: string;
  readonly bias: string;
}

/** A saved head where the base has none, and saved biases, are additions; embeddings and heads may have more rows. */
function replaceWhole(merge: Merge, name: string, tensor: TensorInfo): void {
  const base = merge.weights.get(name);
  const isAddition = base === undefined && (isHead(name) || merge.weights.has(name.replace(/\.bias$/, ".weight")));
  if (base === undefined && !isAddition) throw noCounterpart(merge, tensor, name);
  const ignored = isEmbedding(name) || isHead(name) ? 1 : 0;
  if (base !== undefined && String(base.shape.slice(ignored)) !== String(tensor.shape.slice(ignored))) {
    throw otherShape(merge, tensor, name, base.shape);
  }
  merge.weights.set(name, plainWeight(merge.checkpoint, tensor, name));
}

function mergeModule(merge: Merge, { path, name, bias }: ModuleNames, module: ModuleTensors): void {
  const { weights, checkpoint, adapter } = merge;
  const { a, b, biasB, tokens } = module;
  const base = weights.get(name);
  if (base === undefined) throw noCounterpart(merge, (a ?? tokens)!, name);
  if (a !== undefined && b !== undefined) {
    checkPair(merge, { path, name, base }, { ...module, a, b });
    const scaling = adapter.config.scalingOf(path);
    weights.set(
      name,
      mergedWeight(base, () => loadPair(checkpoint, { ...module, a, b }, scaling)),
    );
    if (biasB !== undefined) {
      if (String(biasB.shape) !== String([base.shape[0]])) throw otherShape(merge, biasB, bias, [base.shape[0]!]);
      weights.set(
        bias,
        shiftedBias(weights.get(bias), base.shape[0]!, () => readTensorSync(checkpoint, biasB), scaling),
      );
    }
  }
  if (tokens !== undefined) {
    const rows = adapter.config.tokenRowsOf(path) ?? [];
    const fits = tokens.shape[0] === rows.length && tokens.shape[1] === rowElements(base.shape);
    if (!fits || rows.some((row) => row >= base.shape[0]!)) throw otherShape(merge, tokens, name, base.shape);
    weights.set(
      name,
      replacedRows(weights.get(name)!, rows, () => readTensorSync(checkpoint, tokens)),
    );
  }
}

type Pair = ModuleTensors & { readonly a: TensorInfo; readonly b: TensorInfo };

function checkPair(
  merge: Merge,
  { path, name, base }: { readonly path: string; readonly name: string; readonly base: StoredWeight },
  { a, b, isEmbedding, magnitude }: Pair,
): void {
  const { config, file } = merge.adapter;
  const rank = config.rankOf(path);
  if (a.shape[0] !== rank) {
    throw new ModelLoadError(
      `${file}: rank ${rank} of module "${path}" contradicts tensor "${a.name}" of shape [${a.shape.join(", ")}]. The files belong to different adapters.`,
    );
  }
  const [rows, width] = [base.shape[0]!, rowElements(base.shape)];
  const [inner, outer] = isEmbedding ? [rows, width] : [width, rows];
  if (rowElements(a.shape) !== inner || a.shape.length < 2) throw otherShape(merge, a, name, base.shape);
  if (b.shape[0] !== outer || rowElements(b.shape) !== rank) throw otherShape(merge, b, name, base.shape);
  if (magnitude === undefined && !config.isDora) return;
  if (magnitude === undefined || isEmbedding === true) {
    throw new ModelLoadError(
      `${file}: use_dora: module "${path}" ${magnitude === undefined ? "has no lora_magnitude_vector" : "is an embedding, which is not supported for DoRA"}. Merge the adapter with PEFT (merge_and_unload) and load the merged checkpoint.`,
    );
  }
  if (magnitude.shape.reduce((product, side) => product * side, 1) !== rows) {
    throw otherShape(merge, magnitude, name, base.shape);
  }
}

function loadPair(checkpoint: Checkpoint, { a, b, isEmbedding, magnitude }: Pair, scaling: number): LowRank {
  const [valuesA, valuesB] = [readTensorSync(checkpoint, a), readTensorSync(checkpoint, b)];
  const rank = a.shape[0]!;
  return {
    left: isEmbedding ? transposed(valuesA, rank) : valuesB,
    right: isEmbedding ? transposed(valuesB, b.shape[0]!) : valuesA,
    rank,
    scaling,
    magnitude: magnitude === undefined ? undefined : readTensorSync(checkpoint, magnitude),
  };
}

/** [rows, columns] → [columns, rows]. */
function transposed(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
}

function trainedOn({ adapter }: Merge): string {
  return adapter.config.base === undefined ? "" : ` (it was trained on "${adapter.config.base}")`;
}

function noCounterpart(merge: Merge, tensor: TensorInfo, name: string): ModelLoadError {
  return new ModelLoadError(
    `${tensor.file}: tensor "${tensor.name}" changes the weight "${name}", which the base checkpoint does not have. The adapter belongs to another base${trainedOn(merge)}.`,
  );
}

function otherShape(merge: Merge, tensor: TensorInfo, name: string, shape: readonly number[]): ModelLoadError {
  return new ModelLoadError(
    `${tensor.file}: tensor "${tensor.name}" of shape [${tensor.shape.join(", ")}] does not fit the base's weight "${name}" of shape [${shape.join(", ")}]. The adapter belongs to another base${trainedOn(merge)}.`,
  );
}
