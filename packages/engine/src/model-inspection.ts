import type { CheckpointGenerationConfig } from "@ocellus/core";
import type { Precision } from "./checkpoint/precision.ts";

/** Why a checkpoint cannot be loaded, or not as it is. */
export interface InspectionProblem {
  /** What it is about: `weights`, `architecture`, `tokenizer`, `chat template`, … */
  readonly subject: string;
  /** The whole explanation with its remedy. */
  readonly message: string;
}

/** Tensors that are stored with one element type. */
export interface StoredDtype {
  /** As in the safetensors header (`BF16`, `F32`, …). */
  readonly dtype: string;
  readonly tensors: number;
  /** Elements of all of them. */
  readonly parameters: number;
  readonly bytes: number;
}

/** What loading at one precision takes. */
export interface PrecisionMemory {
  readonly precision: Precision;
  /** Weights in memory, and on disk in the cache. */
  readonly weightBytes: number;
  /** Weights, key/value memory of 4096 tokens, activations and runtime together. */
  readonly requiredBytes: number;
  /** What the int8 copy for prompts adds where it fits, too; `null` at precisions that have none unless asked. */
  readonly prefillCopyBytes: number | null;
  /** True when `requiredBytes` are available now. */
  readonly fits: boolean;
}

/** An adapter that is merged into the weights. */
export interface AdapterInspection {
  /** Absolute path. */
  readonly folder: string;
  readonly kind: "LoRA" | "rsLoRA" | "DoRA";
  /** The checkpoint that it says it was trained on. */
  readonly base: string | null;
  /** General rank; some modules may have another one. */
  readonly rank: number;
  /** Number of modules that it changes. */
  readonly modules: number;
  /** Weights of the base that it replaces as a whole. */
  readonly replaced: readonly string[];
}

/** What `inspectModel` finds. Plain data; `null` is what the checkpoint does not say or what could not be read. */
export interface ModelInspection {
  /** Absolute path. */
  readonly folder: string;
  /** Name for people, of `ocellus.json`. */
  readonly name: string | null;
  /** The adapter, where one was given or the folder is one. */
  readonly adapter: AdapterInspection | null;
  /** `model_type` of config.json. */
  readonly modelType: string | null;
  /** `architectures` of config.json. */
  readonly architectures: readonly string[];
  /** True when nothing in the folder prevents loading. Whether it fits into memory is said by `memory`. */
  readonly isLoadable: boolean;
  /** Everything that prevents loading. */
  readonly problems: readonly InspectionProblem[];
  readonly weights: {
    readonly files: number;
    readonly tensors: number;
    readonly bytes: number;
    /** Largest part first. */
    readonly dtypes: readonly StoredDtype[];
  } | null;
  /** `quant_method` of a quantised checkpoint. */
  readonly quantization: string | null;
  /** Numbers of parameters that the stored weights stand for; `vision` has the tower and its projector. */
  readonly parameters: { readonly total: number; readonly vision: number; readonly language: number } | null;
  /** Rows of the token embedding. */
  readonly vocabularySize: number | null;
  /** Longest prompt and answer together, in tokens. */
  readonly contextLength: number | null;
  /** Whether the output head is the token embedding. */
  readonly tiedEmbeddings: boolean | null;
  /** Area of a picture after resizing, in pixels, as the processor settings of a supported architecture say. */
  readonly imageLimits: { readonly minPixels: number | null; readonly maxPixels: number | null };
  /** The file that the chat template comes from. */
  readonly chatTemplate: string | null;
  readonly generationConfig: CheckpointGenerationConfig | null;
  readonly memory: {
    /** Bytes that this process can get now. */
    readonly availableBytes: number;
    readonly precisions: readonly PrecisionMemory[];
    /** What `precision: "auto"` takes; `null` when none fits. */
    readonly auto: Precision | null;
  } | null;
}
