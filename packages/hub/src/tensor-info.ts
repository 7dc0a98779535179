import type { SafetensorsDtype } from "./safetensors-dtype.ts";

/** Where one stored tensor lies and what it is. Nothing of its content is in memory. */
export interface TensorInfo {
  /** Name as stored, for example `model.layers.0.mlp.up_proj.weight`. */
  readonly name: string;
  /** Element type on disk. */
  readonly dtype: SafetensorsDtype;
  /** Dimensions, row-major; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** Absolute path of the file that holds it. */
  readonly file: string;
  /** First byte of the tensor, counted from the start of the file. */
  readonly byteOffset: number;
  /** Length of the tensor in bytes. */
  readonly byteLength: number;
}
