import type { CoordinateSpace } from "../coordinate-space.ts";
import type { CheckpointGenerationConfig } from "../generation/generation-config.ts";
import type { TaskName } from "../tasks/task-name.ts";

/** What is known about a model without asking it. Plain data. */
export interface ModelInfo {
  /** Who answers: `local`, or the name of the remote service. */
  readonly provider: string;
  /** Model family (`qwen2_5_vl`), when known. */
  readonly family?: string;
  /** What `task: "auto"` means for this model; `generic` when absent. */
  readonly task?: TaskName;
  /** The checkpoint's own system prompts; they replace those of the task definitions. */
  readonly systemPrompts?: Readonly<Partial<Record<TaskName, string>>>;
  /** What `cot` appends to the system prompt, if the checkpoint was trained with another text than the Vi SDK's. */
  readonly cotSuffix?: string;
  /** How the checkpoint writes boxes; `relative-1024` when absent. */
  readonly coordinateSpace?: CoordinateSpace;
  /** The checkpoint's own generation settings; calls are merged over them. */
  readonly generationConfig?: CheckpointGenerationConfig;
  /** False when a video is answered by an error; `null` or absent when unknown. */
  readonly supportsVideo?: boolean | null;
  /** Longest prompt plus answer, in tokens. */
  readonly contextLength?: number;
  /** Folder of the adapter that is merged into the weights; absent when there is none. */
  readonly adapter?: string;
  /** Precision of the weights in memory (`int4`, `int8`, `float32`). */
  readonly precision?: string;
  /** Precision of each kind of work: pictures, prompts (`same` as decoding, or a copy of its own), generated tokens. */
  readonly precisionParts?: {
    readonly vision: string;
    readonly prefill: string;
    readonly decode: string;
    /** Input elements that share one scale in integer weights of `decode`. */
    readonly blockSize: number;
  };
  /** What executes the graphs (`cpu`). */
  readonly device?: string;
  /** Bytes of the weights as loaded. */
  readonly weightBytes?: number;
}
