import type { RleMask } from "./rle-mask.ts";
import type { ResultBase } from "./task-results.ts";

/** Masks of one prompt: polygons `[[x, y], …]`, or a run-length mask. */
export interface SamPrediction {
  readonly masks: readonly (readonly (readonly [number, number])[])[] | RleMask;
  readonly confidence: number;
  readonly format?: string;
  readonly [field: string]: unknown;
}

/** Result of SAM 2 and of SAM 3's visual prompts. */
export interface SamResult extends ResultBase {
  readonly predictions: readonly SamPrediction[];
}

/** Result of SAM 3's concept prompts. */
export interface Sam3ConceptResult extends ResultBase {
  readonly prompt_results: readonly {
    readonly prompt_index: number;
    readonly echo?: Readonly<Record<string, unknown>>;
    readonly predictions: readonly SamPrediction[];
    readonly [field: string]: unknown;
  }[];
}

/** Where a server keeps the embedding of a picture. */
export interface SamEmbeddingResult extends ResultBase {
  readonly image_id: string;
}

/** Meshes of objects, as base64 of GLB and PLY files. */
export interface Sam3dResult extends ResultBase {
  readonly mesh_glb?: string | null;
  readonly gaussian_ply?: string | null;
  readonly objects?: readonly Readonly<Record<string, unknown>>[];
}
