import type { FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { ModelLoadError, throwIfAborted } from "@ocellus/core";
import { locateWeightFiles, type WeightFiles } from "./locate-weight-files.ts";
import { openRegularFile } from "./open-regular-file.ts";
import { readSafetensorsHeader } from "./read-safetensors-header.ts";
import type { TensorInfo } from "./tensor-info.ts";

/** Open weight files and what is in them. */
export interface OpenWeights {
  /** Absolute path → open handle, in the order of the names. */
  readonly handles: ReadonlyMap<string, FileHandle>;
  /** Every tensor of every file by its name. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** Which weights to open. */
export interface WeightsToOpen {
  /** Base name of the weight file; its index names shards otherwise. */
  readonly weightsFile: string;
  /** Sub folders that hold the weights; none when they stand in the folder itself. */
  readonly parts: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens the weights of a folder, or those of its parts, whose tensors are then named `<part>.<name>`. When anything
 * fails, all files are closed again.
 *
 * @param folder absolute path
 * @throws ModelLoadError as {@link locateWeightFiles} and {@link openWeightFiles}
 */
export async function openWeights(folder: string, { weightsFile, parts, signal }: WeightsToOpen): Promise<OpenWeights> {
  if (parts.length === 0) {
    return await openWeightFiles(folder, await locateWeightFiles(folder, weightsFile, signal), signal);
  }
  const handles = new Map<string, FileHandle>();
  const tensors = new Map<string, TensorInfo>();
  try {
    for (const part of parts) {
      const below = join(folder, part);
      const opened = await openWeightFiles(below, await locateWeightFiles(below, weightsFile, signal), signal);
      for (const [file, handle] of opened.handles) handles.set(file, handle);
      for (const tensor of opened.tensors.values()) addTensor(tensors, { ...tensor, name: `${part}.${tensor.name}` });
    }
    return { handles, tensors };
  } catch (error) {
    await closeAll(handles.values());
    throw error;
  }
}

/**
 * Opens all weight files and reads their headers. When anything fails, all files are closed again.
 *
 * @throws ModelLoadError for a damaged file, a tensor in two files, or one that is not where the index says
 */
export async function openWeightFiles(
  folder: string,
  located: WeightFiles,
  signal?: AbortSignal,
): Promise<OpenWeights> {
  const handles = new Map<string, FileHandle>();
  try {
    const tensors = new Map<string, TensorInfo>();
    for (const name of located.files) {
      throwIfAborted(signal);
      const file = join(folder, name);
      const { handle, fileBytes } = await openRegularFile(file);
      handles.set(file, handle);
      for (const tensor of await readSafetensorsHeader(handle, file, fileBytes, signal)) addTensor(tensors, tensor);
    }
    checkIndex(folder, located.shardOfTensor, tensors);
    return { handles, tensors };
  } catch (error) {
    await closeAll(handles.values());
    throw error;
  }
}

/** Closes every handle, waiting for reads in flight; a handle that cannot be closed does not keep the others open. */
export async function closeAll(handles: Iterable<FileHandle>): Promise<void> {
  await Promise.allSettled([...handles].map((handle) => handle.close()));
}

function addTensor(tensors: Map<string, TensorInfo>, tensor: TensorInfo): void {
  const other = tensors.get(tensor.name);
  if (other !== undefined) {
    throw new ModelLoadError(
      `Tensor ${JSON.stringify(tensor.name)} is in both ${other.file} and ${tensor.file}. Download the checkpoint again.`,
    );
  }
  tensors.set(tensor.name, tensor);
}

function checkIndex(
  folder: string,
  shardOfTensor: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, TensorInfo>,
): void {
  for (const [name, shard] of shardOfTensor) {
    const found = tensors.get(name)?.file;
    if (found === join(folder, shard)) continue;
    const place = found === undefined ? "it is in no weight file" : `it is in ${found}`;
    throw new ModelLoadError(
      `${folder}: the index places tensor ${JSON.stringify(name)} in ${shard}, but ${place}. Download the checkpoint again.`,
    );
  }
}
