import type { VisionModel } from "@ocellus/core";
import { openRun, type RunSource } from "@ocellus/datature";
import { checkLoadOptions, type LoadModelOptions, loadModel as loadCheckpoint } from "@ocellus/engine";
import { runLoadOptions } from "./run-load-options.ts";

/**
 * Loads a vision-language model into a worker thread of this process: a checkpoint folder in the layout of Hugging Face,
 * a model of the Hub by its id, or the model of a training run of Datature Vi. The last two are downloaded as far as they
 * are not on this machine.
 *
 * The first load converts the weights into a cache folder; later loads take them from there. Close the model when it is
 * no longer needed (`close()` or `await using`): that frees its memory.
 *
 * @param source path of the folder (`~` is expanded), an id as "Qwen/Qwen2.5-VL-3B-Instruct", or `{ runId, … }`. What the
 *   run says of its task, system prompt, generation settings, boxes and precision holds unless the options say otherwise
 * @throws ModelLoadError when files are missing, damaged, or of an unsupported architecture
 * @throws ApiCallError, ConnectionError, TimeoutError when the Hub refuses or cannot be reached (see `pullModel`)
 * @throws InsufficientMemoryError with the numbers, before anything large is loaded
 * @throws InvalidArgumentError for unknown or wrong options; AbortedError after `signal`; for a run also what `openRun`
 *   throws
 *
 * @example
 * await using model = await loadModel({ runId: "…", secretKey: "dtvi_…", organizationId: "…" });
 */
export async function loadModel(source: string | RunSource, options: LoadModelOptions = {}): Promise<VisionModel> {
  if (typeof source !== "object" || source === null) return await loadCheckpoint(source, options);
  const { signal, onProgress } = checkLoadOptions(options);
  const run = await openRun(source, { signal, onProgress });
  return await loadCheckpoint(run.modelFolder, runLoadOptions(run, options));
}
