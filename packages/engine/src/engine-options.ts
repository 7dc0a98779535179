import type { CoordinateSpace, Logger, ProgressListener, TaskName } from "@ocellus/core";
import type { HubAccess } from "@ocellus/hub";
import type { VideoBackend } from "@ocellus/media";
import type { CheckpointMetadata } from "./checkpoint/checkpoint-metadata.ts";
import type { BlockSize, PrecisionInput } from "./checkpoint/precision.ts";
import type { TorchLoadOptions } from "./torch-load-options.ts";

/** Answers in one batch unless told otherwise: more hardly raise the throughput of a few cores, and slow every answer. */
export const defaultBatchSize = 16;

/** Where guesses at the next tokens of an answer may come from. */
export const speculations = ["none", "prompt-lookup"] as const;

/** One of {@link speculations}. */
export type Speculation = (typeof speculations)[number];

/** Options of a local model that are plain data and cross to its worker thread. */
export interface EngineOptions {
  /**
   * How the weights are stored: `"float32"`, `"int8"`, `"int4"`, or `{ vision, prefill, decode, blockSize }`. `"auto"`
   * (default) takes the most exact one that fits into memory and still decodes fast. Beside int4 there is an int8 copy of
   * the layers for prompts where it fits (`prefill`). `info.precisionParts` says what it is.
   */
  readonly precision?: PrecisionInput;
  /** Input elements that share one scale in integer decoder weights: 32 (most exact), 64 or 128 (default, fastest). */
  readonly blockSize?: BlockSize;
  /** Folder or Hub id of a LoRA adapter in the layout of PEFT, which is merged into the weights. */
  readonly adapter?: string;
  /** Branch, tag or commit of a model that is named by its Hub id. Default "main". */
  readonly revision?: string;
  /** How models of the Hub are had: token, endpoint, cache folder, offline mode, time limits. */
  readonly hub?: HubAccess;
  /** Folder for converted weights. Default: `OCELLUS_CACHE`, else `ocellus` in the user's cache folder. */
  readonly cacheFolder?: string;
  /** Threads that one operation may use. Default: the processors that Node reports. */
  readonly threads?: number;
  /** Smallest area of a picture after resizing, in pixels. Default: the checkpoint's. */
  readonly minPixels?: number;
  /** Largest area of a picture after resizing, in pixels; fewer are faster and see less. Default: the checkpoint's. */
  readonly maxPixels?: number;
  /**
   * Memory for what earlier prompts left behind, in bytes: prompts that begin alike (a fixed system prompt, a picture
   * asked about twice, the turns of a chat) are not computed again. Default 256 MiB; 0 keeps nothing.
   */
  readonly promptCacheBytes?: number;
  /**
   * Answers that are generated together in one batch, 1 to 1024; further calls wait. Default 16; families with recurrent
   * layers make one at a time.
   */
  readonly maxBatchSize?: number;
  /**
   * Memory for keys and values of the answers that are generated at the same time, in bytes; calls beyond it wait, and a
   * prompt that exceeds it alone is refused. Default: half of what is free after loading, at least 256 MiB, where only
   * a prompt beyond half of the machine's memory is refused.
   */
  readonly kvBudgetBytes?: number;
  /**
   * `"prompt-lookup"`: where an answer repeats the prompt or itself (documents, lists, JSON), the tokens that came next
   * there are tried together with the next one, so that one step gives several. Answers are the same, token by token in
   * float32. Default `"none"`. Families with recurrent layers generate as with `"none"`.
   */
  readonly speculation?: Speculation;
  /** What `task: "auto"` means. Default: what the checkpoint says, else `generic`. */
  readonly task?: TaskName;
  /**
   * How the checkpoint writes boxes. Default: what its `ocellus.json` says; 0–1024 for a run of Datature Vi; else what
   * the family's published checkpoints write, or 0–1024.
   */
  readonly coordinateSpace?: CoordinateSpace;
  /** What the checkpoint does not say itself, or says wrongly; counts more than its `ocellus.json`. */
  readonly metadata?: CheckpointMetadata;
  /** Open `http(s)` sources at private, loopback and link-local addresses too. Default false. */
  readonly allowPrivateAddresses?: boolean;
  /**
   * What decodes videos: `"ffmpeg"` (the program on PATH), `"node-av"` (the npm package), or `"auto"` (default): ffmpeg
   * when it is there, else node-av.
   */
  readonly videoBackend?: VideoBackend | "auto";
}

/** Options of `loadModel`. Unknown keys throw. */
export interface LoadModelOptions extends EngineOptions, TorchLoadOptions {
  /** Stops loading; `loadModel` rejects with an AbortedError. */
  readonly signal?: AbortSignal;
  /** Called while files are downloaded (`kind: "download"`), and weights read, converted and loaded (`kind: "load"`). */
  readonly onProgress?: ProgressListener;
  /** Receives warnings (default: standard error). */
  readonly logger?: Logger;
}
