import { ModelLoadError } from "@ocellus/core";
import type { OpenedRun } from "@ocellus/datature";
import type { LoadModelOptions, TorchDtype } from "@ocellus/engine";

const dtypes: readonly string[] = ["float32", "float16", "bfloat16"] satisfies TorchDtype[];

/**
 * The options that load the model of a run as it was trained: what `run.json` says where the caller says nothing.
 *
 * @throws ModelLoadError when the run does not say its task and the caller does not either
 */
export function runLoadOptions(
  { settings, modelFolder, ...run }: OpenedRun,
  options: LoadModelOptions,
): LoadModelOptions {
  const adapter = run.adapterFolder === null ? {} : { adapter: run.adapterFolder };
  // Without run.json the folder is an ordinary checkpoint.
  if (settings === null) return { ...adapter, ...options };
  const task = options.task ?? options.metadata?.task ?? settings.task;
  if (task === null) {
    throw new ModelLoadError(
      `${modelFolder}/run.json has no dataset block that says what the run was trained for. Give options.task, or export the run again on Datature Vi.`,
    );
  }
  const { name, systemPrompts, generationConfig, coordinateSpace } = settings;
  const stated = { ...(name === null ? {} : { name }), systemPrompts, generationConfig, coordinateSpace };
  return {
    ...precisionOf(settings, options),
    ...adapter,
    ...options,
    metadata: { ...stated, ...options.metadata, task },
  };
}

/** A run that is quantised gets 4-bit weights; the precision of its computations counts as `dtype` does. */
function precisionOf(
  { quantization, precisionType }: NonNullable<OpenedRun["settings"]>,
  { precision, loadIn4bit, loadIn8bit, dtype }: LoadModelOptions,
): Pick<LoadModelOptions, "loadIn4bit" | "dtype"> {
  const chosen = precision === "auto" ? undefined : precision;
  if ([chosen, loadIn4bit, loadIn8bit, dtype].some((given) => given !== undefined)) return {};
  if (quantization.enabled) return { loadIn4bit: true };
  return dtypes.includes(precisionType) ? { dtype: precisionType as TorchDtype } : {};
}
