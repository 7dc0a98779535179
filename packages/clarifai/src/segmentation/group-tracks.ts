import type { FrameValue, RegionValue } from "../values/annotation-values.ts";

/** Where an object is in one frame. */
export interface TrackSighting {
  readonly index: number;
  /** Seconds. */
  readonly time: number;
  readonly region: RegionValue;
}

/** The regions of frames by object id, each in the order of the frames. Regions without an id are left out. */
export function groupTracks(frames: readonly FrameValue[]): Map<string, TrackSighting[]> {
  const tracks = new Map<string, TrackSighting[]>();
  for (const { index, time, regions } of frames) {
    for (const region of regions) {
      if (region.trackId === "") continue;
      const sightings = tracks.get(region.trackId) ?? [];
      sightings.push({ index, time, region });
      tracks.set(region.trackId, sightings);
    }
  }
  return tracks;
}
