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

/** The sides of a pixel: the neighbour across, and the corner from which the edge goes clockwise. */
const sides = [
  { dx: 0, dy: -1, cornerX: 0, cornerY: 0 },
  { dx: 1, dy: 0, cornerX: 1, cornerY: 0 },
  { dx: 0, dy: 1, cornerX: 1, cornerY: 1 },
  { dx: -1, dy: 0, cornerX: 0, cornerY: 1 },
] as const;

/** A byte per pixel corner; bit d: an edge leaves it in direction d with the inside on its right. */
function edgesOf(mask: BinaryMask): Uint8Array {
  const stride = mask.width + 1;
  const edges = new Uint8Array(stride * (mask.height + 1));
  for (const [pixel, bit] of mask.data.entries()) {
    if (bit !== 1) continue;
    const [x, y] = [pixel % mask.width, Math.floor(pixel / mask.width)];
    for (const [direction, { dx, dy, cornerX, cornerY }] of sides.entries()) {
      if (!isInside(mask, x + dx, y + dy)) edges[(y + cornerY) * stride + x + cornerX]! |= 1 << direction;
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
