import { createVisionModel, InvalidArgumentError, type VisionModel } from "@ocellus/core";
import { expandFolder, isFolder } from "@ocellus/media";
import { checkLoadOptions } from "./check-load-options.ts";
import type { LoadModelOptions } from "./engine-options.ts";
import { startEngineWorker } from "./runtime/worker-host.ts";

/**
 * Loads a vision-language checkpoint from a folder in the layout of Hugging Face (config.json, safetensors,
 * tokenizer.json, …) into a worker thread of this process.
 *
 * The first load converts the weights into a cache folder; later loads take them from there. Close the model when it is
 * no longer needed (`close()` or `await using`): that frees its memory.
 *
 * @param checkpoint path of the folder; `~` is expanded
 * @throws ModelLoadError when files are missing, damaged, or of an unsupported architecture
 * @throws InsufficientMemoryError with the numbers, before anything large is loaded
 * @throws InvalidArgumentError for unknown or wrong options; AbortedError after `signal`
 */
export async function loadModel(checkpoint: string, options: LoadModelOptions = {}): Promise<VisionModel> {
  if (typeof checkpoint !== "string" || checkpoint === "") {
    throw new InvalidArgumentError("loadModel needs the path of a checkpoint folder as its first argument.");
  }
  const { engine, ...context } = checkLoadOptions(options);
  const worker = await startEngineWorker({ folder: checkpoint, options: engine }, context);
  return createVisionModel({
    modelId: checkpoint,
    info: worker.info,
    isFolder,
    expandFolder,
    answer: (request, context) => worker.answer(request, context),
    close: () => worker.close(),
  });
}
