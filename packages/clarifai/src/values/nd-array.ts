/** Names of NumPy's number types that are sent and received. */
export type NdArrayDtype =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

/** An array of numbers, row-major. */
export interface NdArrayValue {
  /** NumPy name of the element type (`float32`, `int64`, `>f4`). */
  readonly dtype: string;
  /** Lengths of the axes, outermost first; `[]` is a single number. */
  readonly shape: readonly number[];
  /** The elements as they are on the wire. */
  readonly bytes: Uint8Array;
}

/**
 * An array as an argument: typed array with its shape (default: one axis), bytes with their dtype, or nested lists of
 * numbers (sent as `int64` when all are integers, else `float64`).
 */
export type NdArrayInput =
  | {
      readonly data: ArrayBufferView;
      readonly shape?: readonly number[] | undefined;
      readonly dtype?: string | undefined;
    }
  | { readonly bytes: Uint8Array; readonly shape: readonly number[]; readonly dtype: string }
  | ArrayBufferView
  | number
  | readonly unknown[];
