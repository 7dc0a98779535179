import { checkKnownKeys, describeValue, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import type { CredentialOptions } from "./credentials.ts";
import { type DownloadRunOptions, downloadRun } from "./download/download-run.ts";
import { type DownloadedRun, findRun } from "./download/run-folder.ts";
import { type RunSettings, readRunSettings } from "./run-settings.ts";
import { credentialNames, ViClient } from "./vi-client.ts";

/** A model of Datature Vi, by the run that trained it. */
export interface RunSource extends CredentialOptions, Omit<DownloadRunOptions, "signal" | "onProgress"> {
  /** Never ask the platform: what is not here is an error (false). */
  readonly offline?: boolean | undefined;
}

/** What surrounds {@link openRun}. */
export type OpenRunContext = Pick<DownloadRunOptions, "signal" | "onProgress">;

/** A model of a run, ready to be loaded from this machine. */
export interface OpenedRun extends DownloadedRun {
  /** `null` for a folder without `run.json`, which is then an ordinary checkpoint. */
  readonly settings: RunSettings | null;
}

const sourceNames: readonly string[] = [
  ...["runId", "checkpoint", "savePath", "overwrite", "offline"],
  ...credentialNames,
];

/**
 * The model of a run on this machine, downloaded when it is not complete here. Without a download neither network nor
 * credentials are needed.
 *
 * @throws InvalidArgumentError for unknown or wrong options, and for missing credentials when they are needed
 * @throws ModelLoadError, ViApiError, ApiCallError, ConnectionError, TimeoutError, AbortedError
 */
export async function openRun(source: RunSource, context: OpenRunContext = {}): Promise<OpenedRun> {
  checkSource(source);
  const { secretKey, organizationId, endpoint, configFile, offline, ...place } = source;
  const present = place.overwrite === true && offline !== true ? null : await findRun(place);
  if (present !== null) return await withSettings(present);
  if (offline === true) {
    const which = place.checkpoint === undefined ? "" : ` with checkpoint "${place.checkpoint}"`;
    throw new ModelLoadError(`Run "${place.runId}"${which} is not complete on this machine. Download it first.`);
  }
  await using client = new ViClient({ secretKey, organizationId, endpoint, configFile });
  return await withSettings(await downloadRun(client, { ...place, ...context }));
}

async function withSettings(run: DownloadedRun): Promise<OpenedRun> {
  return { ...run, settings: await readRunSettings(run.modelFolder) };
}

function checkSource(source: RunSource): void {
  if (typeof source !== "object" || source === null || Array.isArray(source)) {
    throw new InvalidArgumentError(`A run is named by { runId: "…" }; got ${describeValue(source)}.`);
  }
  checkKnownKeys(source, sourceNames, "source");
  const { overwrite, offline, savePath } = source;
  for (const [name, value] of Object.entries({ overwrite, offline })) {
    if (value !== undefined && typeof value !== "boolean") {
      throw new InvalidArgumentError(`source.${name} must be true or false; got ${describeValue(value)}.`);
    }
  }
  if (savePath !== undefined && (typeof savePath !== "string" || savePath === "")) {
    throw new InvalidArgumentError(`source.savePath must be the path of a folder; got ${describeValue(savePath)}.`);
  }
}
