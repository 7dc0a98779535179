import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { type Checkpoint, openCheckpoint, type TensorInfo } from "@ocellus/hub";
import { type AdapterConfig, adapterConfigFile, parseAdapterConfig } from "./adapter-config.ts";
import { type AdapterTensors, sortAdapterTensors } from "./adapter-tensors.ts";

/** An open adapter of PEFT. */
export interface Adapter {
  /** Path of its adapter_config.json, for errors. */
  readonly file: string;
  readonly config: AdapterConfig;
  readonly tensors: AdapterTensors;
  /** Its folder. */
  readonly checkpoint: Checkpoint;
  /** True when it holds an output head of its own. */
  readonly hasHead: boolean;
  /** Rows of its own token embedding; undefined when it has none. */
  readonly vocabSize: number | undefined;
}

/**
 * Opens an adapter folder: adapter_config.json and adapter_model.safetensors (or its shards). No weights are read yet.
 *
 * @throws ModelLoadError naming the file and the key or tensor that is missing, damaged or of an unsupported kind
 */
export async function openAdapter(folder: string, signal: AbortSignal | undefined): Promise<Adapter> {
  const checkpoint = await openCheckpoint(folder, { weightsFile: "adapter_model.safetensors", signal });
  try {
    const file = join(checkpoint.folder, adapterConfigFile);
    const config = parseAdapterConfig(await checkpoint.readJson(adapterConfigFile), file);
    const tensors = sortAdapterTensors(checkpoint.tensors.values());
    if (tensors.modules.size === 0 && tensors.whole.size === 0) {
      throw new ModelLoadError(`${checkpoint.folder}: the adapter holds no tensors. Save or download it again.`);
    }
    const saved = (ending: string): TensorInfo | undefined =>
      [...tensors.whole].find(([name]) => name.endsWith(ending))?.[1];
    const hasHead = saved("lm_head.weight") !== undefined;
    return { file, config, tensors, checkpoint, hasHead, vocabSize: saved("embed_tokens.weight")?.shape[0] };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

/**
 * Whether the output head of a base whose head is its token embedding becomes a matrix of its own: when the adapter
 * holds another head, or another embedding (the head then keeps the old one, as in PEFT). An embedding of another size
 * takes the head along.
 *
 * @param vocabSize rows of the base's embedding
 */
export function separatesHead(adapter: Adapter, vocabSize: number | undefined): boolean {
  if (adapter.hasHead) return true;
  return adapter.vocabSize !== undefined && adapter.vocabSize === vocabSize && !adapter.config.keepsTies;
}
