import { InvalidArgumentError } from "@ocellus/core";
import { expect, expectTypeOf, test } from "vitest";
import { externalBytes, externalPlaces } from "./external-bytes.ts";
import { float, GraphBuilder, type Value, type WeightContent } from "./graph-builder.ts";

function never(dims: readonly number[]): WeightContent {
  return {
    type: "float32",
    dims,
    chunks() {
      throw new Error("Building a graph must not read weights.");
    },
  };
}

test("mistakes are reported where they are made", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", ["n"]);
  graph.weight("w", never([4]));
  const mistakes: readonly (readonly [() => unknown, RegExp])[] = [
    [() => graph.input("x", "float32", [1]), /"x"/],
    [() => graph.weight("w", never([4])), /"w"/],
    [() => graph.weight("bad", never([-1])), /\[-1\]/],
    [() => graph.node("Relu", ["nowhere"]), /node "Relu_\d".*"nowhere"/],
    [() => graph.output("nowhere", "y", "float32", [1]), /"nowhere"/],
    [() => graph.node("Relu", [x], {}, { output: "w" }), /"w"/],
    [() => graph.node("Elu", [x], { alpha: 0.5 }), /"alpha".*float\(0\.5\)/],
    [() => graph.constant("int64", [2], [1]), /\[2\]/],
    [() => graph.constant("uint8", [1], [256]), /256/],
    [() => graph.constant("int32", [1], [0.5]), /0\.5/],
    [() => graph.constant("int64", [1], [2 ** 53]), /bigint/],
    [() => graph.constant("float16", [1], [1]), /Uint16Array/],
    [() => graph.constant("float32", [300_000], new Float32Array(300_000)), /weight\(\)/],
    [() => graph.finish(), /no outputs/],
  ];
  for (const [mistake, message] of mistakes) {
    expect(mistake).toThrow(InvalidArgumentError);
    expect(mistake).toThrow(message);
  }
  graph.output(x, "y", "float32", ["n"]);
  expect(() => graph.output(x, "y", "float32", ["n"])).toThrow(/declared twice/);
  graph.node("Relu", [x], {}, { name: "twice" });
  expect(() => graph.node("Relu", [x], {}, { name: "twice" })).toThrow(/"twice"/);
});

test("equal constants are one, different ones are not", () => {
  const graph = new GraphBuilder();
  const one = graph.constant("int64", [1], [1]);
  expect(graph.constant("int64", [1], [1n])).toBe(one);
  const others = [
    graph.constant("int64", [], [1]),
    graph.constant("int64", [1], [2]),
    graph.constant("int32", [1], [1]),
    graph.constant("float32", [1], [1]),
  ];
  expect(new Set([one, ...others]).size).toBe(5);
  graph.output(one, "y", "int64", [1]);
  expect(graph.finish().constants).toHaveLength(5);
});

test("output adds an Identity only for another name; optional inputs and outputs are empty names", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [2]);
  const y = graph.node("Relu", [x], {}, { output: "y" });
  graph.output(y, "y", "float32", [2]);
  graph.output(y, "z", "float32", [2]);
  const values = graph.nodes(
    "Op",
    [x, undefined, y],
    { epsilon: float(1), unset: undefined },
    { domain: "d", outputs: ["a", undefined, true] },
  );
  const nodes = graph.finish().nodes;
  expect(nodes.map((node) => node.op)).toEqual(["Relu", "Identity", "Op"]);
  expect(nodes[2]).toMatchObject({ domain: "d", inputs: ["x", "", "y"], outputs: ["a", "", values[2]] });
});

test("the number of outputs is known to the compiler", () => {
  const graph = new GraphBuilder();
  const x = graph.input("x", "float32", [2]);
  const three = graph.nodes("Split", [x], {}, { outputs: 3 });
  expectTypeOf(three).toEqualTypeOf<readonly [Value, Value, Value]>();
  const named = graph.nodes("Op", [x], {}, { outputs: ["a", undefined, true] });
  expectTypeOf(named).toEqualTypeOf<readonly [Value, undefined, Value]>();
  expect(new Set(three).size).toBe(3);
  expect(named[1]).toBeUndefined();
});

test("sizes are known without reading a weight, and every weight starts on a page", () => {
  const graph = new GraphBuilder();
  graph.weight("a", never([1000]));
  graph.weight("b", never([24]));
  graph.weight("c", never([2048, 1024, 1024]));
  graph.output(graph.input("x", "bool", []), "y", "bool", []);
  const finished = graph.finish();
  expect(externalPlaces(finished).map(({ offset }) => offset)).toEqual([0, 4096, 8192]);
  expect(externalBytes(finished)).toBe(8192 + 8 * 2 ** 30);
});
