import type { CoordinateSpace } from "@ocellus/core";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";

/** What may say how a checkpoint writes boxes, the first that does counts. */
export interface SpaceSources {
  /** The caller: options of loading, then stated metadata or `ocellus.json`. */
  readonly stated: readonly (CoordinateSpace | undefined)[];
  /** The checkpoint, and the adapter where there is one: `run.json` makes either a run of Datature Vi. */
  readonly files: readonly Pick<CheckpointFiles, "has">[];
  /** What published checkpoints of the family write. */
  readonly family: CoordinateSpace | undefined;
}

/**
 * How a checkpoint writes boxes. Runs of Datature Vi are trained on 0–1024 whatever their family writes (specs/vlm.md
 * B11).
 *
 * @returns undefined where nothing says it: boxes are then read as the prompt asks for them, 0–1024
 */
export function coordinateSpaceOf({ stated, files, family }: SpaceSources): CoordinateSpace | undefined {
  const known = stated.find((space) => space !== undefined);
  if (known !== undefined) return known;
  return files.some((folder) => folder.has("run.json")) ? "relative-1024" : family;
}
