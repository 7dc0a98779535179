import { InvalidArgumentError } from "@ocellus/core";
import type { GraphNode, OnnxGraph, Value } from "./onnx-graph.ts";

/**
 * A graph without one of its outputs, and without the nodes, constants and weights that only that output needed.
 *
 * @throws InvalidArgumentError when there is no such output, or no other
 */
export function withoutOutput(graph: OnnxGraph, name: string): OnnxGraph {
  const outputs = graph.outputs.filter((port) => port.name !== name);
  if (outputs.length === graph.outputs.length || outputs.length === 0) {
    throw new InvalidArgumentError(`"${name}" is not one of several outputs of the graph.`);
  }
  const needed = new Set<Value>(outputs.map((port) => port.name));
  const nodes: GraphNode[] = [];
  // Nodes stand behind those whose outputs they use.
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((value) => needed.has(value))) continue;
    for (const value of node.inputs) needed.add(value);
    nodes.push(node);
  }
  return {
    inputs: graph.inputs,
    outputs,
    nodes: nodes.reverse(),
    constants: graph.constants.filter((constant) => needed.has(constant.name)),
    weights: graph.weights.filter((weight) => needed.has(weight.name)),
  };
}
