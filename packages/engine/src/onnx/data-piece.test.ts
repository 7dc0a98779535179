import { expect, test } from "vitest";
import { dataPieces } from "./data-piece.ts";
import type { OnnxGraph } from "./onnx-graph.ts";

const mib = 2 ** 20;

/** A graph with byte weights of these sizes; a pass stands for contents that belong together. */
function graphOf(sizes: readonly { readonly size: number; readonly pass?: object }[]): OnnxGraph {
  const weights = sizes.map(({ size, pass }, index) => ({
    name: `w${index}`,
    byteLength: size,
    content: { type: "uint8", dims: [size], pass, chunks: () => expect.unreachable() } as const,
  }));
  return { inputs: [], outputs: [], nodes: [], constants: [], weights };
}

test("pieces fill the files, and neither cut a weight nor part what one pass yields", () => {
  const pass = {};
  const graphs = {
    vision: graphOf([{ size: 5 }]),
    none: graphOf([]),
    decoder: graphOf([{ size: 10 * mib + 1 }, { size: 10 * mib, pass }, { size: mib, pass }, { size: 40 * mib }]),
  };
  const page = 4096;
  expect(dataPieces(graphs)).toEqual([
    { graph: "vision", first: 0, end: 1, offset: 0, byteLength: 5 },
    { graph: "decoder", first: 0, end: 3, offset: 0, byteLength: 21 * mib + page },
    { graph: "decoder", first: 3, end: 4, offset: 21 * mib + page, byteLength: 40 * mib },
  ]);
});

test("however large the graphs are, the number of pieces stays bounded", () => {
  const graph = graphOf(Array.from({ length: 10_000 }, () => ({ size: 64 * mib })));
  expect(dataPieces({ graph }).length).toBeLessThanOrEqual(2048);
});
