import { InvalidArgumentError } from "@ocellus/core";
import { expect, test } from "vitest";
import { extractGraph } from "./extract-graph.ts";
import { GraphBuilder } from "./graph-builder.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

test("cuts a graph at an edge; each part has what it needs", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [2]);
  const picked = graph.input("picked", "int64", [1]);
  const weight = (name: string) => graph.weight(name, { type: "float32", dims: [2], async *chunks() {} });
  const two = graph.constant("float32", [1], [2]);
  const [hidden] = graph.nodes("Add", [x, weight("layer")], {}, { outputs: ["hidden", undefined] });
  graph.output(graph.node("Mul", [hidden, two]), "state", "float32", [2]);
  const gathered = graph.node("Gather", [hidden, picked], { axis: 0 }, { output: "gathered" });
  // Inputs and outputs that are left out have the same empty name.
  const head = graph.node("Mul", [gathered, undefined, weight("head")]);
  graph.output(graph.node("Add", [head, two]), "scores", "float32", [1]);
  const whole = graph.finish();
  const cut = { name: "gathered", type: "float32", dims: [1] } as const;
  const [state, scores] = whole.outputs as [OnnxGraph["outputs"][0], OnnxGraph["outputs"][0]];

  const layers = extractGraph(whole, { outputs: [state, cut] });
  expect([names(layers.inputs), names(layers.outputs)]).toEqual([
    ["x", "picked"],
    ["state", "gathered"],
  ]);
  expect([names(layers.weights), names(layers.constants)]).toEqual([["layer"], [two]]);
  expect(layers.nodes).toEqual(whole.nodes.slice(0, 4));

  const top = extractGraph(whole, { inputs: [cut], outputs: [scores] });
  expect([names(top.inputs), names(top.outputs)]).toEqual([["gathered"], ["scores"]]);
  expect([names(top.weights), names(top.constants)]).toEqual([["head"], [two]]);
  expect(top.nodes).toEqual(whole.nodes.slice(4));

  expect(extractGraph(whole, { outputs: whole.outputs })).toEqual(whole);
  expect(() => extractGraph(whole, { outputs: [{ ...cut, name: "other" }] })).toThrow(InvalidArgumentError);
});
