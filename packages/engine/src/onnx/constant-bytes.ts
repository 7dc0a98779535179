import { InvalidArgumentError } from "@ocellus/core";
import type { OnnxType } from "./onnx-type.ts";

/** What {@link constantBytes} takes: numbers, or a typed array. float16 only as a `Uint16Array` of bit patterns. */
export type ConstantData =
  | readonly number[]
  | readonly bigint[]
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

type Encode = (values: ArrayLike<number>) => ArrayBufferView;

const encoders: Record<Exclude<OnnxType, "int64" | "float16">, Encode> = {
  float32: (values) => Float32Array.from(values),
  uint8: (values) => Uint8Array.from(values),
  int8: (values) => Int8Array.from(values),
  int32: (values) => Int32Array.from(values),
  bool: (values) => Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)),
};

/** Values that an integer type can hold, inclusive. */
const integerRange: Partial<Record<OnnxType, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/**
 * The little-endian bytes of a constant.
 *
 * @throws InvalidArgumentError when a value does not fit the type
 */
export function constantBytes(type: OnnxType, data: ConstantData): Uint8Array {
  if (type === "float16") {
    if (data instanceof Uint16Array) return bytesOf(data.slice());
    throw new InvalidArgumentError("A float16 constant must be given as a Uint16Array of bit patterns.");
  }
  if (type === "int64") return bytesOf(BigInt64Array.from(data as ArrayLike<number | bigint>, toBigInt));
  const numbers = Array.from(data as ArrayLike<number | bigint>, Number);
  const range = integerRange[type];
  const outside = range && numbers.find((value) => !Number.isInteger(value) || value < range[0] || value > range[1]);
  if (outside !== undefined) throw new InvalidArgumentError(`Constant ${outside} does not fit the type ${type}.`);
  return bytesOf(encoders[type](numbers));
}

function toBigInt(value: number | bigint): bigint {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError(`Constant ${value} does not fit the type int64; pass a bigint.`);
  }
  return BigInt(value);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
