import { checkKnownKeys } from "../check-known-keys.ts";
import { checkNumber } from "../check-number.ts";
import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { PixelsSource } from "./parsed-source.ts";

/** Longest side of raw pixels. */
const maxSide = 65_535;

/**
 * Checks raw pixels `{ data, width, height, channels }`. The data is not copied.
 *
 * @param path what messages call the value
 * @throws InvalidArgumentError for wrong types, sizes out of range, or a length other than width · height · channels
 */
export function parsePixels(value: object, path: string): PixelsSource {
  checkKnownKeys(value, ["data", "width", "height", "channels"], path);
  const { data, width, height, channels } = value as Record<string, unknown>;
  if (!(data instanceof Uint8Array) && !(data instanceof Uint8ClampedArray)) {
    throw new InvalidArgumentError(
      `${path}.data must be a Uint8Array or Uint8ClampedArray; got ${describeValue(data)}.`,
    );
  }
  const columns = checkNumber(width, `${path}.width`, { min: 1, max: maxSide, integer: true });
  const rows = checkNumber(height, `${path}.height`, { min: 1, max: maxSide, integer: true });
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw new InvalidArgumentError(
      `${path}.channels must be 1 (grey), 3 (RGB) or 4 (RGBA); got ${describeValue(channels)}.`,
    );
  }
  const expected = columns * rows * channels;
  if (data.length !== expected) {
    throw new InvalidArgumentError(
      `${path}.data must have width · height · channels = ${expected} bytes; got ${data.length}.`,
    );
  }
  return {
    kind: "pixels",
    media: "image",
    data: data instanceof Uint8Array ? data : new Uint8Array(data.buffer, data.byteOffset, data.length),
    width: columns,
    height: rows,
    channels,
    label: `pixels ${columns}×${rows}`,
  };
}
