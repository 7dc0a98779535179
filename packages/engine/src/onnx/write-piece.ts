import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { type DataPiece, dataFileOf, type PieceContext, type PieceWriter } from "./data-piece.ts";
import { externalPlaces } from "./external-bytes.ts";
import { ExternalDataFile } from "./external-data-file.ts";
import type { GraphWeight, OnnxGraph } from "./onnx-graph.ts";
import { throwIfAborted } from "./throw-if-aborted.ts";

/** A writer that does its work in this thread. */
export function createPieceWriter(graphs: Readonly<Record<string, OnnxGraph>>): PieceWriter {
  return {
    write: (piece, context) => writePiece(graphs[piece.graph]!, piece, context),
    close: async () => undefined,
  };
}

async function writePiece(graph: OnnxGraph, piece: DataPiece, context: PieceContext): Promise<string> {
  const places = externalPlaces(graph);
  const file = await ExternalDataFile.open(join(context.folder, dataFileOf(piece.graph)), piece);
  try {
    for (let index = piece.first; index < piece.end; index++) {
      await file.padTo(places[index]!.offset);
      for await (const chunk of exactChunks(graph.weights[index]!, context.signal)) {
        await file.append(chunk);
        context.onWritten(file.position - piece.offset);
      }
    }
    await file.padTo(piece.offset + piece.byteLength);
    return await file.finish();
  } finally {
    await file.close();
  }
}

/** The chunks of a weight; fails when they are together not exactly the tensor. */
async function* exactChunks(weight: GraphWeight, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  let count = 0;
  throwIfAborted(signal);
  for await (const chunk of weight.content.chunks(signal)) {
    throwIfAborted(signal);
    count += chunk.byteLength;
    if (count > weight.byteLength) throw sizeError(weight, `more than ${weight.byteLength}`);
    yield chunk;
  }
  if (count !== weight.byteLength) throw sizeError(weight, `only ${count}`);
}

function sizeError(weight: GraphWeight, found: string): ModelLoadError {
  const { type, dims } = weight.content;
  return new ModelLoadError(
    `Weight "${weight.name}" (${type} [${dims.join(", ")}], ${weight.byteLength} bytes) yielded ${found} bytes. The checkpoint does not fit its config.json, or its conversion is wrong.`,
  );
}
