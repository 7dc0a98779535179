import { create } from "@bufbuild/protobuf";
import { describeValue, InvalidArgumentError } from "@ocellus/core";
import { type NDArray, NDArraySchema } from "../gen/clarifai/api/inference_pb.ts";
import { itemBytesOf } from "./nd-array-dtype.ts";

/** NumPy names of typed arrays by their class name. */
const dtypeOf: ReadonlyMap<string, string> = new Map([
  ["Int8Array", "int8"],
  ["Uint8Array", "uint8"],
  ["Uint8ClampedArray", "uint8"],
  ["Int16Array", "int16"],
  ["Uint16Array", "uint16"],
  ["Int32Array", "int32"],
  ["Uint32Array", "uint32"],
  ["BigInt64Array", "int64"],
  ["BigUint64Array", "uint64"],
  ["Float16Array", "float16"],
  ["Float32Array", "float32"],
  ["Float64Array", "float64"],
]);

/** The message of an array: row-major bytes, NumPy's dtype name, shape. Boolean and text arrays are refused by the server. */
export function encodeNdArray(value: unknown, path: string): NDArray {
  if (typeof value === "number" || Array.isArray(value)) return encodeNested(value, path);
  const { view, shape, dtype } = readArray(value, path);
  const itemBytes = itemBytesOf(dtype);
  if (itemBytes === null || dtype.endsWith("bool") || /^[<>|=]?b1$/.test(dtype)) {
    throw new InvalidArgumentError(
      `${path}.dtype must be a NumPy number type such as "float32"; got ${describeValue(dtype)}.`,
    );
  }
  const lengths = shape ?? [view.byteLength / itemBytes];
  if (!lengths.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new InvalidArgumentError(`${path}.shape must be a list of lengths; got [${lengths.join(", ")}].`);
  }
  const expected = lengths.reduce((product, length) => product * length, itemBytes);
  if (expected !== view.byteLength) {
    throw new InvalidArgumentError(
      `${path} has ${view.byteLength} bytes, but shape [${lengths.join(", ")}] of ${dtype} needs ${expected}.`,
    );
  }
  const buffer = new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength);
  return create(NDArraySchema, { buffer, shape: [...lengths], dtype });
}

interface ReadArray {
  readonly view: ArrayBufferView;
  readonly shape: readonly number[] | null;
  readonly dtype: string;
}

function readArray(value: unknown, path: string): ReadArray {
  if (ArrayBuffer.isView(value)) return { view: value, shape: null, dtype: className(value, path) };
  const { data, bytes, shape = null, dtype } = (value ?? {}) as Record<string, unknown>;
  const view = data ?? bytes;
  const isComplete = bytes === undefined || (typeof dtype === "string" && shape !== null);
  if (ArrayBuffer.isView(view) && isComplete && (shape === null || Array.isArray(shape))) {
    return { view, shape, dtype: typeof dtype === "string" ? dtype : className(view, path) };
  }
  throw new InvalidArgumentError(
    `${path} must be a typed array, { data, shape }, { bytes, shape, dtype } or nested lists; got ${describeValue(value)}.`,
  );
}

function className(view: ArrayBufferView, path: string): string {
  // Buffer is a Uint8Array of another name.
  const dtype = view instanceof Uint8Array ? "uint8" : dtypeOf.get(view.constructor.name);
  if (dtype !== undefined) return dtype;
  throw new InvalidArgumentError(`${path} is a ${view.constructor.name}; use a typed array of numbers.`);
}

function encodeNested(value: unknown, path: string): NDArray {
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  const numbers: number[] = [];
  flatten(value, shape, 0, numbers, path);
  const isInt = numbers.length > 0 && numbers.every((number) => Number.isSafeInteger(number) && !Object.is(number, -0));
  const data = isInt ? BigInt64Array.from(numbers, BigInt) : Float64Array.from(numbers);
  return create(NDArraySchema, { buffer: new Uint8Array(data.buffer), shape, dtype: isInt ? "int64" : "float64" });
}

function flatten(value: unknown, shape: readonly number[], axis: number, into: number[], path: string): void {
  if (axis === shape.length) {
    if (typeof value !== "number")
      throw new InvalidArgumentError(`${path} must hold numbers; got ${describeValue(value)}.`);
    into.push(value);
    return;
  }
  if (!Array.isArray(value) || value.length !== shape[axis]) {
    throw new InvalidArgumentError(`${path} must be a regular array of shape [${shape.join(", ")}].`);
  }
  for (const [index, item] of value.entries()) flatten(item, shape, axis + 1, into, `${path}[${index}]`);
}
