import type { JsonObject } from "@bufbuild/protobuf";
import { describeValue, InvalidArgumentError } from "@ocellus/core";
import type { Data } from "../gen/clarifai/api/inference_pb.ts";

const int64Min = -(2n ** 63n);
const int64Max = 2n ** 63n - 1n;
/** Deepest nesting of a JSON argument. */
const maxJsonDepth = 100;

const mustBe = (path: string, kind: string, value: unknown): InvalidArgumentError =>
  new InvalidArgumentError(`${path} must be ${kind}; got ${describeValue(value)}.`);

/** STR: any string. */
export function encodeString(value: unknown, data: Data, path: string): void {
  if (typeof value !== "string") throw mustBe(path, "a string", value);
  data.stringValue = value;
}

/** INT: a safe integer or a bigint of 64 bits; never rounded. */
export function encodeInt(value: unknown, data: Data, path: string): void {
  if (typeof value === "number" && Number.isSafeInteger(value)) data.intValue = BigInt(value);
  else if (typeof value === "bigint" && value >= int64Min && value <= int64Max) data.intValue = value;
  else throw mustBe(path, "an integer (a bigint beyond 2^53, within 64 bits)", value);
}

/** FLOAT: any number, also NaN and the infinities. */
export function encodeFloat(value: unknown, data: Data, path: string): void {
  if (typeof value !== "number") throw mustBe(path, "a number", value);
  data.floatValue = value;
}

/** BOOL: true or false, or 1 and 0. */
export function encodeBool(value: unknown, data: Data, path: string): void {
  if (value !== true && value !== false && value !== 0 && value !== 1) throw mustBe(path, "true or false", value);
  data.boolValue = value === true || value === 1;
}

/** BYTES: a `Uint8Array` (a `Buffer`) or an `ArrayBuffer`. */
export function encodeBytes(value: unknown, data: Data, path: string): void {
  if (value instanceof Uint8Array) data.bytesValue = value;
  else if (value instanceof ArrayBuffer) data.bytesValue = new Uint8Array(value);
  else throw mustBe(path, "a Uint8Array", value);
}

/** JSON_DATA: an object or a list; lists travel as `{ "_list": […] }`. */
export function encodeJson(value: unknown, data: Data, path: string): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    throw mustBe(path, "a JSON object or list", value);
  }
  const json = toJson(value, path, 0) as JsonObject;
  data.structValue = Array.isArray(json) ? { _list: json } : json;
}

function toJson(value: unknown, path: string, depth: number): unknown {
  if (depth > maxJsonDepth) throw new InvalidArgumentError(`${path} is nested deeper than ${maxJsonDepth} levels.`);
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw mustBe(path, "a finite number (JSON knows no other)", value);
    return value;
  }
  if (typeof value === "bigint") return Number(value);
  if (Array.isArray(value)) return value.map((item, index) => toJson(item, `${path}[${index}]`, depth + 1));
  if (typeof value !== "object" || ArrayBuffer.isView(value)) throw mustBe(path, "JSON", value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(entries.map(([key, item]) => [key, toJson(item, `${path}.${key}`, depth + 1)]));
}
