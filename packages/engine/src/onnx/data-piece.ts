import { externalBytes, externalPlaces, totalExternalBytes } from "./external-bytes.ts";
import type { GraphWeight, OnnxGraph } from "./onnx-graph.ts";

/** Pieces are this large unless that would make too many of them: a fraction of a second of converting. */
const leastPieceBytes = 16 << 20;

/** Bounds the manifest of a cache entry. */
const maxPieces = 2048;

/** Neighbouring weights of a graph: a stretch of its external data file that is written and hashed as one. */
export interface DataPiece {
  /** Name of the graph. */
  readonly graph: string;
  /** Index of the first weight, and the one behind the last. */
  readonly first: number;
  readonly end: number;
  /** Where the stretch begins in the file; it reaches to the next piece, padding included. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Writes pieces, one at a time. */
export interface PieceWriter {
  /**
   * Writes a piece to its place in the data file, which exists.
   *
   * @returns SHA-256 of its bytes, hexadecimal
   */
  write(piece: DataPiece, context: PieceContext): Promise<string>;
  /** Ends the writer; never throws. */
  close(): Promise<void>;
}

/** What surrounds the writing of a piece. */
export interface PieceContext {
  /** Folder of the data files. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Told how many bytes of the piece are written, again and again. */
  readonly onWritten: (writtenBytes: number) => void;
}

/** Name of the external data file of a graph. */
export function dataFileOf(graph: string): string {
  return `${graph}.data`;
}

/**
 * Cuts the data files of graphs into pieces of whole weights, in the order in which they lie in the files. Weights that
 * come from one pass over the checkpoint stay together.
 */
export function dataPieces(graphs: Readonly<Record<string, OnnxGraph>>): readonly DataPiece[] {
  const wanted = Math.max(leastPieceBytes, totalExternalBytes(graphs) / maxPieces);
  const pieces: DataPiece[] = [];
  for (const [name, graph] of Object.entries(graphs)) {
    const { weights } = graph;
    const starts = [...externalPlaces(graph).map(({ offset }) => offset), externalBytes(graph)];
    let first = 0;
    for (let end = 1; end <= weights.length; end++) {
      const offset = starts[first]!;
      const byteLength = starts[end]! - offset;
      const isComplete = byteLength >= wanted && !isOnePass(weights[end - 1]!, weights[end]);
      if (end < weights.length && !isComplete) continue;
      pieces.push({ graph: name, first, end, offset, byteLength });
      first = end;
    }
  }
  return pieces;
}

function isOnePass(one: GraphWeight, next: GraphWeight | undefined): boolean {
  return one.content.pass !== undefined && one.content.pass === next?.content.pass;
}
