import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { InvalidArgumentError, type Logger, ModelLoadError } from "@ocellus/core";
import { type Checkpoint, type HubOptions, locateCheckpoint, openCheckpoint } from "@ocellus/hub";
import { adaptedConfig, holderOf } from "./adapter/adapted-files.ts";
import { adapterConfigFile } from "./adapter/adapter-config.ts";
import { type Adapter, openAdapter } from "./adapter/open-adapter.ts";
import { loadQuantizationSettings, type QuantizationSettings } from "./quantised/quantization-settings.ts";

/** A checkpoint with what changes its weights on the way into the graphs. A plain {@link Checkpoint} is one, too. */
export interface ModelCheckpoint extends Checkpoint {
  /** The adapter that is merged into the weights. */
  readonly adapter?: Adapter | undefined;
  /** How its weights are quantised; absent when it does not say so. */
  readonly quantization?: QuantizationSettings | undefined;
}

/** How to open a model. */
export interface OpenModelOptions {
  /** Folder or Hub id of an adapter for the checkpoint. */
  readonly adapter?: string | undefined;
  /** How models of the Hub are had: the checkpoint, the adapter, its base. `revision` is that of the checkpoint. */
  readonly hub?: Omit<HubOptions, "signal" | "onProgress" | "logger"> | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told while files are downloaded. */
  readonly onProgress?: HubOptions["onProgress"];
  /** Told about an adapter that lies beside whole weights and is left out. */
  readonly logger?: Logger | undefined;
}

/**
 * Opens a checkpoint, with an adapter where one is given or where the checkpoint itself is an adapter that names its
 * base (a folder, a folder relative to the adapter's, or a Hub id).
 *
 * @param name path of a folder, or the id of a model at the Hub
 * @throws ModelLoadError naming the file and key, when a folder or the base is missing, damaged or unsupported
 * @throws InvalidArgumentError when an adapter is given for a folder that is one itself; AbortedError after `signal`
 */
export async function openModelCheckpoint(name: string, options: OpenModelOptions = {}): Promise<ModelCheckpoint> {
  const { signal, logger, onProgress } = options;
  const { revision, ...hub } = { ...options.hub, signal, onProgress, logger };
  const folder = await locateCheckpoint(name, { ...hub, revision });
  const isAdapter = isAdapterFolder(folder);
  if (options.adapter !== undefined && isAdapter) {
    throw new InvalidArgumentError(
      `options.adapter cannot be given for ${folder}, which is an adapter itself. Pass the folder of the base model instead.`,
    );
  }
  if (options.adapter === undefined && !isAdapter) {
    const checkpoint = await openCheckpoint(folder, { signal });
    if (checkpoint.has(adapterConfigFile)) {
      logger?.warn(
        `${checkpoint.folder} holds whole weights and an adapter; the adapter is not applied. Give it as the option "adapter" if the weights are those of its base.`,
      );
    }
    return withQuantization(checkpoint);
  }
  const adapterFolder = isAdapter ? folder : await locateCheckpoint(options.adapter ?? folder, hub);
  const adapter = await openAdapter(adapterFolder, signal);
  try {
    const base = isAdapter
      ? await openCheckpoint(baseOf(adapter), { ...hub, revision: adapter.config.revision })
      : await openCheckpoint(folder, hub);
    return adapted(await withQuantization(base), adapter);
  } catch (error) {
    await adapter.checkpoint.close();
    throw error;
  }
}

/** An adapter's folder has adapter_config.json and no whole weights. */
function isAdapterFolder(folder: string): boolean {
  const path = resolve(folder.replace(/^~(?=$|[\\/])/, () => homedir()));
  const weights = ["model.safetensors", "model.safetensors.index.json"];
  return existsSync(join(path, adapterConfigFile)) && !weights.some((file) => existsSync(join(path, file)));
}

function baseOf({ config, checkpoint, file }: Adapter): string {
  const { base } = config;
  if (base === undefined) {
    throw new ModelLoadError(
      `${file}: base_model_name_or_path is missing. Load the base model with the option "adapter" instead.`,
    );
  }
  const beside = resolve(checkpoint.folder, base);
  return !isAbsolute(base) && existsSync(join(beside, "config.json")) ? beside : base;
}

async function withQuantization(base: Checkpoint): Promise<ModelCheckpoint> {
  const quantization = await loadQuantizationSettings(base);
  if (quantization === undefined) return base;
  return {
    ...passing(base),
    quantization,
    // The configuration may lie in a file of its own.
    fingerprint: async (options) => joinHashes([await base.fingerprint(options), JSON.stringify(quantization)]),
  };
}

function adapted(base: ModelCheckpoint, adapter: Adapter): ModelCheckpoint {
  const holder = (file: string): Checkpoint => holderOf(file, base, adapter.checkpoint);
  const close = async (): Promise<void> => {
    await Promise.all([base.close(), adapter.checkpoint.close()]);
  };
  return {
    ...passing(base),
    quantization: base.quantization,
    adapter,
    has: (file) => holder(file).has(file),
    readText: (file, options) => holder(file).readText(file, options),
    readJson: async (file, options) => {
      const json = await holder(file).readJson(file, options);
      return file === "config.json" ? adaptedConfig(json, adapter) : json;
    },
    fingerprint: async (options) =>
      joinHashes([
        await base.fingerprint(options),
        await adapter.checkpoint.fingerprint(options),
        await adapter.checkpoint.readText(adapterConfigFile),
      ]),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** All of a checkpoint, as properties of a plain object. */
function passing(base: Checkpoint): Checkpoint {
  return {
    folder: base.folder,
    parts: base.parts,
    tensors: base.tensors,
    weightBytes: base.weightBytes,
    has: (file) => base.has(file),
    readText: (file, options) => base.readText(file, options),
    readJson: (file, options) => base.readJson(file, options),
    readTensor: (tensor, options) => base.readTensor(tensor, options),
    readTensorBytesSync: (tensor, start, target) => base.readTensorBytesSync(tensor, start, target),
    fingerprint: (options) => base.fingerprint(options),
    close: () => base.close(),
    [Symbol.asyncDispose]: () => base.close(),
  };
}

function joinHashes(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}
