import type { Data } from "../gen/clarifai/api/inference_pb.ts";
import type { JsonValue } from "../values/json-value.ts";

/** A number while it is exact, else the bigint. */
export function decodeInt(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/**
 * The JSON of a part: an object, or the list in `{ "_list": […] }`. Servers of before November 2025 sent JSON text as
 * a string; it is read too. `null` when there is none.
 */
export function decodeJson(data: Data): JsonValue {
  const struct = data.structValue;
  if (struct !== undefined) {
    const list = struct._list;
    return (Object.keys(struct).length === 1 && Array.isArray(list) ? list : struct) as JsonValue;
  }
  if (data.stringValue === "") return null;
  try {
    return JSON.parse(data.stringValue) as JsonValue;
  } catch {
    return data.stringValue;
  }
}
