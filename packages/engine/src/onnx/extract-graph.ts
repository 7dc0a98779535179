import { InvalidArgumentError } from "@ocellus/core";
import type { GraphNode, GraphPort, OnnxGraph, Value } from "./onnx-graph.ts";

/** The edges that a part of a graph lies between. */
export interface GraphEdges {
  /** What the part is given. Inputs of the graph that it needs need not be named. */
  readonly inputs?: readonly GraphPort[];
  readonly outputs: readonly GraphPort[];
}

/**
 * The part of a graph that computes `outputs`, with the constants and weights that it uses, as a graph of its own.
 *
 * @throws InvalidArgumentError when an edge does not exist
 */
export function extractGraph(graph: OnnxGraph, { inputs = [], outputs }: GraphEdges): OnnxGraph {
  const edges = new Set<Value>([
    ...graph.inputs.map(({ name }) => name),
    ...graph.nodes.flatMap((node) => node.outputs),
  ]);
  for (const { name } of [...inputs, ...outputs]) {
    if (!edges.has(name)) throw new InvalidArgumentError(`The graph has no edge "${name}".`);
  }
  const given = new Set(inputs.map(({ name }) => name));
  const needed = new Set(outputs.map(({ name }) => name));
  const nodes: GraphNode[] = [];
  // Nodes stand behind those whose outputs they use.
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((value) => needed.has(value) && !given.has(value))) continue;
    // The empty name stands for what is left out, in front of a node and behind it.
    for (const value of node.inputs) if (value !== "") needed.add(value);
    nodes.push(node);
  }
  const isNeeded = ({ name }: { readonly name: Value }): boolean => needed.has(name);
  return {
    inputs: [...inputs, ...graph.inputs.filter((port) => !given.has(port.name))].filter(isNeeded),
    outputs,
    nodes: nodes.reverse(),
    constants: graph.constants.filter(isNeeded),
    weights: graph.weights.filter(isNeeded),
  };
}
