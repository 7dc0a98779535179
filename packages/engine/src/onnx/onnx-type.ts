import { InvalidArgumentError } from "@ocellus/core";

/** Element type of a tensor in a graph. */
export type OnnxType = "float32" | "float16" | "uint8" | "int8" | "int32" | "int64" | "bool";

/** Code of each type in `TensorProto.DataType` (onnx.proto); also what the attribute `to` of `Cast` takes. */
export const onnxTypeCode: Readonly<Record<OnnxType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** Bytes of one element of each type. */
export const onnxTypeBytes: Readonly<Record<OnnxType, number>> = {
  float32: 4,
  uint8: 1,
  int8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
  float16: 2,
};

/**
 * Bytes of a tensor.
 *
 * @param name what the tensor is called, for the error
 * @throws InvalidArgumentError when a side is negative or no integer
 */
export function tensorByteLength(name: string, type: OnnxType, dims: readonly number[]): number {
  let count = onnxTypeBytes[type];
  for (const side of dims) {
    if (!Number.isSafeInteger(side) || side < 0) {
      throw new InvalidArgumentError(
        `Tensor "${name}" has shape [${dims.join(", ")}]; every side must be an integer from 0.`,
      );
    }
    count *= side;
  }
  return count;
}
