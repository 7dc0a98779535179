import { createVisionModel, InvalidArgumentError, type VisionModel } from "@ocellus/core";
import { expandFolder, isFolder } from "@ocellus/media";
import { checkLoadOptions } from "./check-load-options.ts";
import { defaultBatchSize, type LoadModelOptions } from "./engine-options.ts";
import { startEngineWorker } from "./runtime/worker-host.ts";

/** Entries of a list that are opened while those before them are answered. */
const readAhead = 4;

/**
 * Loads a vision-language checkpoint into a worker thread of this process: from a folder in the layout of Hugging Face
 * (config.json, safetensors, tokenizer.json, …), or from the Hub by its id. What the cache lacks of the latter is
 * downloaded into the cache folder that Python's huggingface_hub uses.
 *
 * The first load converts the weights into a cache folder; later loads take them from there. Close the model when it is
 * no longer needed (`close()` or `await using`): that frees its memory.
 *
 * @param checkpoint path of the folder (`~` is expanded), or an id as "Qwen/Qwen2.5-VL-3B-Instruct"; a folder wins
 * @throws ModelLoadError when files are missing, damaged, or of an unsupported architecture
 * @throws ApiCallError when the Hub refuses (not found, private, gated: the message says what to do); ConnectionError,
 *   TimeoutError when it cannot be reached and the cache has no complete copy
 * @throws InsufficientMemoryError with the numbers, before anything large is loaded
 * @throws InvalidArgumentError for unknown or wrong options; AbortedError after `signal`
 */
export async function loadModel(checkpoint: string, options: LoadModelOptions = {}): Promise<VisionModel> {
  if (typeof checkpoint !== "string" || checkpoint === "") {
    throw new InvalidArgumentError(
      "loadModel needs the path of a checkpoint folder or the id of a model at the Hub as its first argument.",
    );
  }
  const { engine, ...context } = checkLoadOptions(options);
  const worker = await startEngineWorker({ checkpoint, options: engine }, context);
  return createVisionModel({
    modelId: checkpoint,
    info: worker.info,
    // Those that are generated together, and some whose pictures are opened meanwhile.
    concurrency: (engine.maxBatchSize ?? defaultBatchSize) + readAhead,
    isFolder,
    expandFolder,
    answer: (request, context) => worker.answer(request, context),
    close: () => worker.close(),
  });
}
