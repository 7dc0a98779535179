import type { ExternalPlace } from "./encode-model.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

/** Page size: a weight that starts on a page can be mapped instead of read. */
const alignment = 4096;

/** Where each weight of the graph will lie in the external data file, in the order of `graph.weights`. */
export function externalPlaces(graph: OnnxGraph): readonly ExternalPlace[] {
  let end = 0;
  return graph.weights.map((weight) => {
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + weight.byteLength;
    return { offset, length: weight.byteLength };
  });
}

/** Bytes of the external data file of a graph, known before any weight is read: for estimates of memory and disk. */
export function externalBytes(graph: OnnxGraph): number {
  const last = externalPlaces(graph).at(-1);
  return last === undefined ? 0 : last.offset + last.length;
}

/** Bytes of the external data files of several graphs. */
export function totalExternalBytes(graphs: Readonly<Record<string, OnnxGraph>>): number {
  return Object.values(graphs).reduce((sum, graph) => sum + externalBytes(graph), 0);
}
