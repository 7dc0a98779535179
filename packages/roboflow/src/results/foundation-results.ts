import type { FloatMap } from "./float-map.ts";
import type { ResultBase } from "./task-results.ts";

/** Text that was read in a picture. */
export interface OcrResult extends ResultBase {
  readonly result: string;
  /** Places of the words, when asked for. */
  readonly predictions?: readonly Readonly<Record<string, unknown>>[];
}

/** Embeddings of pictures or texts. */
export interface EmbeddingsResult extends ResultBase {
  readonly embeddings: readonly (readonly number[])[];
}

/** Embeddings of a picture model, and the space they live in. */
export interface ImageEmbeddingsResult extends EmbeddingsResult {
  readonly embedding_info: Readonly<Record<string, unknown>>;
}

/** Cosine similarities of a subject and each prompt, −1 to 1. */
export interface ClipComparison extends ResultBase {
  readonly similarity: readonly number[] | Readonly<Record<string, number>>;
}

/** Answer of a vision-language model. */
export interface LmmResult extends ResultBase {
  /** Text, or the JSON that some models answer with. */
  readonly response: string | Readonly<Record<string, unknown>>;
}

/** Depth of every pixel, 0 to 1. */
export interface DepthResult extends ResultBase {
  /** Nested lists in the format `json`, else floats. */
  readonly normalized_depth: FloatMap | readonly (readonly number[])[];
}

/** A span of a clip and its class. */
export interface ActionSpan {
  /** Seconds. */
  readonly start: number;
  /** Seconds. */
  readonly end: number;
  readonly class: string;
  readonly confidence: number;
}

/** What happens in a clip. */
export interface ActionRecognitionResult extends ResultBase {
  readonly timeline: readonly ActionSpan[];
}
