import type { CoordinateSpace } from "@ocellus/core";
import type { Picture } from "@ocellus/media";
import type { LinearFormat } from "../blocks/linear.ts";
import type { RotaryTable } from "../blocks/rotary.ts";
import type { ModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import type { WeightSource } from "../checkpoint/weight-source.ts";
import type { OnnxGraph } from "../onnx/onnx-graph.ts";
import type { Feeds } from "../runtime/host-tensor.ts";
import type { PlainPrompt } from "../text/chat-template.ts";

/** An architecture: all checkpoints whose config.json has one of its `model_type` names. */
export interface ModelFamily {
  /** `model_type` values of config.json that belong to the family. */
  readonly modelTypes: readonly string[];
  /**
   * Reads and checks the configuration of a checkpoint; touches no weights.
   *
   * @throws ModelLoadError naming what is missing or unsupported
   */
  open(checkpoint: ModelCheckpoint, options: FamilyOptions): Promise<FamilyModel>;
}

/** What a caller may set instead of the checkpoint's own processor settings. */
export interface FamilyOptions {
  /** Smallest area of a resized picture in pixels. */
  readonly minPixels?: number | undefined;
  /** Largest area of a resized picture in pixels; fewer pixels are faster and see less. */
  readonly maxPixels?: number | undefined;
}

/** Sizes that the runtime needs of a decoder. */
export interface DecoderShape {
  /** Layers that attend, each with keys and values of its own. */
  readonly layers: number;
  readonly hiddenSize: number;
  /**
   * Width of one row of `inputs_embeds` and of the vision graph's features: hiddenSize, or a multiple of it where
   * features carry more than their embedding (what Qwen3-VL adds behind its first layers); token embeddings are followed by zeros then.
   */
  readonly inputWidth: number;
  /** Width of one token's keys (or values) in one layer: kvHeads · headDim. */
  readonly kvWidth: number;
  readonly vocabSize: number;
  /** Longest prompt and answer together, in tokens. */
  readonly contextLength: number;
  /** Attention heads, which size the scores of a prefill chunk. */
  readonly heads: number;
  /**
   * Tokens that some layers look back over, the token itself included: their graph input `sliding_mask` hides the rest.
   * Absent when all layers see everything.
   */
  readonly slidingWindow?: number;
  /** Factor of the token embeddings, not of visual features; 1 when absent. */
  readonly embeddingScale?: number;
  /**
   * What layers without keys and values carry on: inputs `past.<name>` and outputs `present.<name>` of the decoder
   * graph. Absent where every layer attends. Such a sequence cannot be shortened and runs alone, never in a batch.
   */
  readonly recurrentStates?: readonly RecurrentStateShape[];
}

/** A tensor of fixed size that every run of the decoder graph replaces; zeros before the first token. */
export interface RecurrentStateShape {
  readonly name: string;
  readonly dims: readonly number[];
}

/** How the weights of the two halves of a model are stored and multiplied. */
export interface GraphFormats {
  readonly vision: LinearFormat;
  readonly decoder: LinearFormat;
}

/** One checkpoint of a family: everything the runtime asks of it. */
export interface FamilyModel {
  /** `model_type` of its config.json. */
  readonly family: string;
  /** Raised whenever code changes the family's graphs, so that cached ones are written again. */
  readonly graphRevision: number;
  readonly decoder: DecoderShape;
  readonly weights: WeightSource;
  /** Canonical name of the token embedding matrix [vocab, hidden]. */
  readonly embedding: string;
  /** Token that stands for visual features in the prompt, once a feature row after expansion. */
  readonly imageTokenId: number;
  /**
   * True when repetition rules look at the answer alone, because the reference hands this language model embeddings
   * instead of ids. Absent: at prompt and answer.
   */
  readonly forgetsPrompt?: boolean;
  /** How to write prompts where the checkpoint's own template does not say it. */
  readonly plainPrompt?: PlainPrompt;
  /** How published checkpoints of the family write boxes (specs/vlm.md B11); absent where they follow the prompt. */
  readonly coordinateSpace?: CoordinateSpace;
  /** Special tokens that a user may write in a prompt on purpose, such as box markers; all others become plain text. */
  readonly allowedLiterals: readonly string[];
  /** The graphs at a precision. Pure: weights are read when a graph is written. */
  graphs(formats: GraphFormats): Readonly<Record<"vision" | "decoder", OnnxGraph>>;
  /**
   * A picture as input of the vision graph.
   *
   * @param pictures how many the prompt has
   * @throws UnsupportedMediaError for a picture that the family cannot take
   */
  prepareImage(picture: Picture, pictures: number): PreparedVisual;
  /** How the checkpoint takes videos; `undefined` when it takes none. */
  readonly video: VideoInput | undefined;
  /** Rotary positions of a prompt whose placeholders have been expanded. */
  positions(length: number, visuals: readonly PlacedVisual[]): PromptPositions;
  /**
   * Rotary angles of tokens at the given positions [axes, tokens] (see {@link PromptPositions}): what the decoder graph
   * takes as `cos` and `sin`. Layers that turn differently have their columns one after the other.
   */
  rotaryTable(positions: Int32Array): RotaryTable;
}

/** How a checkpoint takes videos. */
export interface VideoInput {
  /** Token that stands for visual features of a clip in the prompt, once a feature row after expansion. */
  readonly tokenId: number;
  /**
   * Chooses frames of a video.
   *
   * @returns ascending places in the video, at least one
   */
  sampleFrames(video: VideoLength, sampling: VideoSampling): number[];
  /**
   * Feature rows that a clip would have.
   *
   * @param size of the frames before resizing
   * @throws UnsupportedMediaError for frames that the family cannot take
   */
  tokensOf(size: { readonly width: number; readonly height: number }, frames: number): number;
  /**
   * Brings one frame to the size that the model sees, so that a long clip is never held at its full size.
   *
   * @param frames how many the clip will have
   */
  resizeFrame(frame: Picture, frames: number): Picture;
  /**
   * A clip as input of the vision graph.
   *
   * @param frames results of `resizeFrame`, all of one size
   * @param timing where they stood in the video
   */
  prepareClip(frames: readonly Picture[], timing: ClipTiming): PreparedVisual;
}

/** Where the frames of a clip stood in their video. */
export interface ClipTiming {
  /** Frames of the clip per second of the video. */
  readonly sampledFps: number;
  /** Frames per second of the video itself. */
  readonly sourceFps: number;
  /** Place of each frame in the video, ascending. */
  readonly indices: readonly number[];
  /** Length of the video in frames. */
  readonly frameCount: number;
}

/** How long a video is. */
export interface VideoLength {
  readonly frameCount: number;
  /** Frames per second. */
  readonly fps: number;
}

/** How many frames a call asks for. */
export interface VideoSampling {
  /** Frames to take per second of video. */
  readonly fps: number;
  /** Most frames to take; `null` leaves it to the checkpoint. */
  readonly maxFrames: number | null;
}

/** A picture or clip ready for the vision graph. */
export interface PreparedVisual {
  /** Inputs of one or more runs of the vision graph, made anew by every iteration; the rows of all runs follow each other. */
  readonly feeds: Iterable<Feeds>;
  /** Token that stands for its features in the prompt. */
  readonly placeholder: number;
  /** Rows of features that the graph will return: placeholder tokens in the prompt. */
  readonly tokens: number;
  /** What stands for the visual where it takes more than one placeholder; absent when the template's own mark does. */
  readonly prompt?: VisualPrompt;
  /** Size in pixels of the picture that the model sees, without what pads it: what boxes in `pixels` are relative to. */
  readonly resized: { readonly width: number; readonly height: number };
  /** Patches: temporal slices, rows, columns. */
  readonly grid: { readonly t: number; readonly h: number; readonly w: number };
  /** Position step between temporal slices; 0 for a still picture. */
  readonly timeStep: number;
}

/** The text that a visual becomes in the prompt: separators and time stamps around placeholders. */
export interface VisualPrompt {
  /** What the chat template writes for the visual. */
  readonly mark: string;
  /** What stands there instead, with one placeholder for each entry of `spans`. */
  readonly text: string;
  /** Feature rows of each placeholder in order; they add up to `tokens`. */
  readonly spans: readonly number[];
  /** Text whose tokens stand behind the rows of each placeholder, never joined with what follows. */
  readonly closing?: string;
}

/** A visual and where its feature rows stand in the expanded prompt. */
export interface PlacedVisual extends PreparedVisual {
  /** In order; one after the other they take all feature rows. */
  readonly spans: readonly TokenSpan[];
}

/** Neighbouring tokens of a prompt. */
export interface TokenSpan {
  readonly start: number;
  readonly length: number;
}

/** Rotary positions of a prompt. */
export interface PromptPositions {
  /** [axes, tokens] row-major; one axis for plain rotary embeddings, three for multimodal ones. */
  readonly ids: Int32Array;
  /** Position of the first generated token on every axis. */
  readonly next: number;
  /** Runs of the prompt whose tokens see each other in both directions; none when absent. */
  readonly joined?: readonly TokenSpan[];
}
