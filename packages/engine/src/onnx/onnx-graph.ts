import type { Attributes } from "./attribute.ts";
import type { OnnxType } from "./onnx-type.ts";

/** Name of an edge of the graph: an input, a constant, a weight or the output of a node. */
export type Value = string;

/** Where the bytes of a weight come from. Nothing is read before `chunks` is iterated. */
export interface WeightContent {
  readonly type: OnnxType;
  readonly dims: readonly number[];
  /** The same object for contents that come from one pass over the checkpoint and are best written one after the other. */
  readonly pass?: object | undefined;
  /**
   * The tensor's bytes (little endian, row-major) in pieces of any size; together they are exactly the tensor. A
   * piece may be overwritten by the producer once the next one has been asked for. Can be called more than once.
   */
  chunks(signal?: AbortSignal): AsyncIterable<Uint8Array>;
}

/** An input or output of the graph; a string names a dimension that is known only when it runs. */
export interface GraphPort {
  readonly name: Value;
  readonly type: OnnxType;
  readonly dims: readonly (number | string)[];
}

/** One operation. An empty string stands for an optional input or output that is left out. */
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  /** `""` is the standard operator set ai.onnx. */
  readonly domain: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
}

/** A small tensor that is stored in the model file itself. */
export interface GraphConstant {
  readonly name: Value;
  readonly type: OnnxType;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** A tensor that is stored in the external data file. */
export interface GraphWeight {
  readonly name: Value;
  readonly byteLength: number;
  readonly content: WeightContent;
}

/** A complete graph as plain data; building one does no input or output. */
export interface OnnxGraph {
  readonly inputs: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly GraphConstant[];
  readonly weights: readonly GraphWeight[];
}
