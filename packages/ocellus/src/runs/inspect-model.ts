import { type OpenedRun, openRun, type RunSource } from "@ocellus/datature";
import { type InspectModelOptions, inspectModel as inspectCheckpoint, type ModelInspection } from "@ocellus/engine";

/** What is known of the run that trained a model; plain data. */
export type RunInspection = Pick<OpenedRun, "runId" | "checkpoint" | "adapterFolder" | "settings">;

/** What `inspectModel` finds; `run` is `null` for a folder. */
export interface SourceInspection extends ModelInspection {
  readonly run: RunInspection | null;
}

/**
 * Looks at a checkpoint folder, or at the model of a run on this machine, without loading it: architecture, parameters,
 * dtypes, limits, memory per precision, and all reasons why it could not be loaded; for a run also its task and settings.
 * Reads headers and small files only and downloads nothing.
 *
 * @throws ModelLoadError when there is no such folder, or the run is not complete on this machine; what is wrong inside
 *   of it is in `problems`
 * @throws InvalidArgumentError for unusable arguments; AbortedError after `signal`
 */
export async function inspectModel(
  source: string | RunSource,
  options: InspectModelOptions = {},
): Promise<SourceInspection> {
  if (typeof source !== "object" || source === null) {
    return { ...(await inspectCheckpoint(source, options)), run: null };
  }
  const { modelFolder, runId, checkpoint, adapterFolder, settings } = await openRun({ ...source, offline: true });
  const adapter = adapterFolder === null ? {} : { adapter: adapterFolder };
  const inspection = await inspectCheckpoint(modelFolder, { ...adapter, ...options });
  return {
    ...inspection,
    name: inspection.name ?? settings?.name ?? null,
    run: { runId, checkpoint, adapterFolder, settings },
  };
}
