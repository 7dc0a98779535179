import { InvalidResponseError } from "../errors/invalid-response-error.ts";
import type { JsonObject } from "../transport/read-json.ts";
import { decodeGrayPng } from "./decode-gray-png.ts";
import type { FloatMap } from "./float-map.ts";
import type { DepthResult } from "./foundation-results.ts";

/**
 * Replaces a depth map in PNG form by floats from 0 to 1 (samples divided by 255 or 65535); nested lists stay.
 *
 * @throws InvalidResponseError for a map that is missing or damaged
 */
export function decodeDepthMap(result: JsonObject, path: string): DepthResult {
  const map = result.normalized_depth;
  if (Array.isArray(map)) return result as unknown as DepthResult;
  if (typeof map !== "string") fail("without normalized_depth", path);
  return { ...result, normalized_depth: readPng(map as string, path) };
}

function readPng(text: string, path: string): FloatMap {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) fail("with a depth map that is no base64 text", path);
  const png = decodeGrayPng(Buffer.from(text, "base64"));
  if (png === null) return fail("with a depth map that is no grey PNG of 8 or 16 bits", path);
  const scale = png.bitDepth === 16 ? 65_535 : 255;
  return { width: png.width, height: png.height, data: Float32Array.from(png.samples, (sample) => sample / scale) };
}

function fail(what: string, path: string): never {
  throw new InvalidResponseError(`${path} answered ${what}.`, { status: 200, url: path });
}
