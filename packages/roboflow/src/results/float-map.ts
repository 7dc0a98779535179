import { InvalidResponseError } from "../errors/invalid-response-error.ts";
import { isJsonObject } from "../transport/read-json.ts";

/** One float per pixel, row by row: an anomaly map or a depth map. */
export interface FloatMap {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Reads `{ shape: [height, width], dtype: "float32", data: base64 of little-endian floats }`.
 *
 * @throws InvalidResponseError when it is anything else
 */
export function readAnomalyMap(value: unknown, path: string): FloatMap {
  const shape: unknown = isJsonObject(value) ? value.shape : null;
  const [height, width] = Array.isArray(shape) && shape.length === 2 && shape.every(Number.isInteger) ? shape : [0, 0];
  const text = isJsonObject(value) && value.dtype === "float32" && typeof value.data === "string" ? value.data : "";
  const bytes = Buffer.from(text, "base64");
  if (height < 1 || width < 1 || bytes.length !== height * width * 4) {
    throw new InvalidResponseError(`${path} answered with a damaged anomaly_map.`, { status: 200, url: path });
  }
  const data = new Float32Array(height * width);
  for (let i = 0; i < data.length; i++) data[i] = bytes.readFloatLE(i * 4);
  return { width, height, data };
}
