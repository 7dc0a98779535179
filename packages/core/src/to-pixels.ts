import { boxGridSize, type PixelSize } from "./coordinate-space.ts";
import type { Box, PhraseGroundingResult } from "./responses/phrase-grounding-response.ts";

/**
 * Converts the boxes of a response, of its `result`, or one box from the 0–1024 grid to whole pixels of a picture:
 * `floor(value / 1024 · side)`, the conversion of the Datature documents. Corners keep their order.
 *
 * @param value anything without boxes is returned as it is; nothing is changed in place
 * @param size of the upright picture
 */
export function toPixels<Value>(value: Value, size: PixelSize): Value {
  return convert(value, size) as Value;
}

function convert(value: unknown, size: PixelSize): unknown {
  if (isBox(value)) return boxToPixels(value, size);
  if (typeof value !== "object" || value === null) return value;
  if ("kind" in value) {
    const response = value as { readonly kind: unknown; readonly result?: unknown };
    return response.kind === "phrase-grounding" ? { ...response, result: convert(response.result, size) } : value;
  }
  if (!("sentence" in value && "groundings" in value)) return value;
  const result = value as PhraseGroundingResult;
  const groundings = result.groundings.map(({ phrase, grounding }) => ({
    phrase,
    grounding: grounding.map((box) => boxToPixels(box, size)),
  }));
  return { ...result, groundings };
}

function isBox(value: unknown): value is Box {
  return Array.isArray(value) && value.length === 4 && value.every((number) => typeof number === "number");
}

function boxToPixels([x0, y0, x1, y1]: Box, { width, height }: PixelSize): Box {
  const scale = (value: number, side: number): number => Math.floor((value * side) / boxGridSize);
  return [scale(x0, width), scale(y0, height), scale(x1, width), scale(y1, height)];
}
