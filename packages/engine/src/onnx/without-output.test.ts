import { InvalidArgumentError } from "@ocellus/core";
import { expect, test } from "vitest";
import { GraphBuilder } from "./graph-builder.ts";
import { withoutOutput } from "./without-output.ts";

test("leaves out what only the output needed, and keeps what others share", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [2]);
  const weight = (name: string) => graph.weight(name, { type: "float32", dims: [2], async *chunks() {} });
  const shared = graph.node("Add", [x, weight("shared")]);
  graph.output(graph.node("Mul", [shared, graph.constant("float32", [1], [2])]), "kept", "float32", [2]);
  const head = graph.node("Mul", [shared, weight("head")]);
  graph.output(graph.node("Add", [head, graph.constant("float32", [1], [3])]), "dropped", "float32", [2]);
  const whole = graph.finish();
  const { outputs, nodes, constants, weights, inputs } = withoutOutput(whole, "dropped");
  expect(outputs.map(({ name }) => name)).toEqual(["kept"]);
  expect(weights.map(({ name }) => name)).toEqual(["shared"]);
  expect(constants).toHaveLength(1);
  expect(inputs).toEqual(whole.inputs);
  expect(nodes).toEqual(whole.nodes.slice(0, 2).concat(whole.nodes[2]!));
  expect(() => withoutOutput(whole, "other")).toThrow(InvalidArgumentError);
});
