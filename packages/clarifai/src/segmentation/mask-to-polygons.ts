import type { BinaryMask } from "./binary-mask.ts";

/** A closed outline: corners `[x, y]` in pixel edges (0 to width, 0 to height), the first not repeated. */
export type PolygonRing = readonly (readonly [x: number, y: number])[];

/** The four steps, clockwise on a screen: right, down, left, up. */
const steps: readonly (readonly [number, number])[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
];

/**
 * The outlines of a mask along its pixel edges: outer ones clockwise, holes counter-clockwise, so that filling by the
 * nonzero or even-odd rule gives back the mask exactly. Pixels that touch at a corner only get outlines of their own.
 */
export function maskToPolygons(mask: BinaryMask): PolygonRing[] {
  const stride = mask.width + 1;
  const edges = edgesOf(mask);
  const rings: PolygonRing[] = [];
  for (let corner = 0; corner < edges.length; corner++) {
    while (edges[corner] !== 0) rings.push(trace(edges, corner, stride));
  }
  return rings;
}

/** A byte per pixel corner; bit d: an edge leaves it in direction d with the inside on its right. */
function edgesOf(mask: BinaryMask): Uint8Array {
  const { width, height } = mask;
  const stride = width + 1;
  const edges = new Uint8Array(stride * (height + 1));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!isInside(mask, x, y)) continue;
      const corner = y * stride + x;
      edges[corner]! |= isInside(mask, x, y - 1) ? 0 : 1;
      edges[corner + 1]! |= isInside(mask, x + 1, y) ? 0 : 2;
      edges[corner + stride + 1]! |= isInside(mask, x, y + 1) ? 0 : 4;
      edges[corner + stride]! |= isInside(mask, x - 1, y) ? 0 : 8;
    }
  }
  return edges;
}

function isInside({ width, height, data }: BinaryMask, x: number, y: number): boolean {
  return x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] === 1;
}

/**
 * Follows edges from a corner back to it, and takes them away. The start is the first corner in reading order that has
 * edges left, so an outline passes it once.
 */
function trace(edges: Uint8Array, start: number, stride: number): PolygonRing {
  const ring: [number, number][] = [];
  const first = firstDirection(edges[start]!);
  let corner = start;
  let direction = first;
  do {
    const [dx, dy] = steps[direction]!;
    edges[corner]! &= ~(1 << direction);
    corner += dy * stride + dx;
    const next = corner === start ? first : turn(edges[corner]!, direction);
    if (next !== direction) ring.push([corner % stride, Math.floor(corner / stride)]);
    direction = next;
  } while (corner !== start);
  return ring;
}

function firstDirection(bits: number): number {
  return [0, 1, 2, 3].find((direction) => bits & (1 << direction))!;
}

/** Where to go on: right before straight before left, so that outlines do not cross at a corner. */
function turn(bits: number, direction: number): number {
  const ahead = [1, 0, 3].map((step) => (direction + step) % 4);
  return ahead.find((next) => bits & (1 << next)) ?? direction;
}
