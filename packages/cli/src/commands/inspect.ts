import { inspectModel } from "ocellus";
import { formatInspection } from "../output/format-inspection.ts";
import { styleFor } from "../output/text-style.ts";
import { writeOutput } from "../output/write-output.ts";

/** The options of `ocellus models inspect` as commander hands them over. */
export interface InspectOptions {
  readonly adapter?: string;
  readonly revision?: string;
  readonly cacheDir?: string;
  readonly json?: true;
}

/**
 * `ocellus models inspect`: what a checkpoint is and what prevents loading it.
 *
 * @returns exit code: 0 when it can be loaded, 1 when it cannot
 * @throws ModelLoadError when there is no such folder, or the cache lacks the model
 */
export async function inspect(name: string, options: InspectOptions, signal: AbortSignal): Promise<number> {
  const inspection = await inspectModel(name, {
    signal,
    ...(options.adapter === undefined ? {} : { adapter: options.adapter }),
    ...(options.revision === undefined ? {} : { revision: options.revision }),
    ...(options.cacheDir === undefined ? {} : { hub: { cacheDir: options.cacheDir } }),
  });
  const text =
    options.json === true ? JSON.stringify(inspection) : formatInspection(inspection, styleFor(process.stdout));
  await writeOutput(`${text}\n`);
  return inspection.isLoadable ? 0 : 1;
}
