import { createHash } from "node:crypto";
import type { PreparedVisual } from "../families/model-family.ts";
import type { OnnxSession } from "./onnx-session.ts";

/** What runs the graph of a vision tower. */
export type VisionTower = Pick<OnnxSession, "run">;

/** Features of one visual, and a number that stands for its content. */
export interface VisualFeatures {
  /** [tokens, inputWidth] */
  readonly rows: Float32Array;
  /** Negative, the same for equal content and no other; keys the rows in a prompt cache. */
  readonly contentKey: number;
}

/** Runs the vision tower, but not twice for the same pixels while their features are kept. */
export class FeatureCache {
  readonly #tower: VisionTower;
  readonly #maxBytes: number;
  /** By content; least recently used first. */
  readonly #features = new Map<string, VisualFeatures>();
  #bytes = 0;
  #lastKey = 0;

  /** @param maxBytes memory that kept features may hold together; 0 keeps none */
  constructor(tower: VisionTower, maxBytes: number) {
    this.#tower = tower;
    this.#maxBytes = maxBytes;
  }

  /**
   * The features of a prepared picture or clip.
   *
   * @param beforeRun awaited before every run of the vision tower; what it throws ends the work
   */
  async featuresOf(visual: PreparedVisual, beforeRun: () => Promise<void>): Promise<VisualFeatures> {
    const digest = contentDigest(visual);
    const known = this.#features.get(digest);
    if (known !== undefined) {
      this.#features.delete(digest);
      this.#features.set(digest, known);
      return known;
    }
    const features = { rows: await this.#run(visual, beforeRun), contentKey: --this.#lastKey };
    this.#features.set(digest, features);
    this.#bytes += features.rows.byteLength;
    this.#evict();
    return features;
  }

  async #run(visual: PreparedVisual, beforeRun: () => Promise<void>): Promise<Float32Array> {
    const runs: Float32Array[] = [];
    for (const feeds of visual.feeds) {
      await beforeRun();
      const { image_features: rows } = await this.#tower.run(feeds);
      runs.push(rows!);
    }
    const [first] = runs;
    if (first !== undefined && runs.length === 1) return first;
    const rows = new Float32Array(runs.reduce((sum, { length }) => sum + length, 0));
    let start = 0;
    for (const run of runs) {
      rows.set(run, start);
      start += run.length;
    }
    return rows;
  }

  #evict(): void {
    for (const [digest, { rows }] of this.#features) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#features.delete(digest);
      this.#bytes -= rows.byteLength;
    }
  }
}

/** The pixels and how they are laid out decide the features; nothing else does. */
function contentDigest({ feeds, grid, timeStep }: PreparedVisual): string {
  const hash = createHash("sha256").update(`${grid.t}×${grid.h}×${grid.w}:${timeStep}:`);
  for (const run of feeds) {
    for (const [name, { type, data }] of Object.entries(run)) {
      if (name !== "pixel_values" && type !== "int64") continue;
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  }
  return hash.digest("base64");
}
