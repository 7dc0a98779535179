import { ModelLoadError } from "@ocellus/core";
import type { Checkpoint, TensorInfo } from "@ocellus/hub";
import { readTensorSync } from "../stored-weight.ts";
import type { QuantizationSettings } from "./quantization-settings.ts";
import { byteFloats } from "./small-floats.ts";

/** The tensors of one quantised module, by what follows its name. */
export class ModuleTensors {
  readonly checkpoint: Checkpoint;
  readonly settings: QuantizationSettings;
  readonly module: string;

  constructor(checkpoint: Checkpoint, settings: QuantizationSettings, module: string) {
    this.checkpoint = checkpoint;
    this.settings = settings;
    this.module = module;
  }

  find(part: string): TensorInfo | undefined {
    return this.checkpoint.tensors.get(`${this.module}.${part}`);
  }

  /** Throws ModelLoadError when the tensor is missing. */
  get(part: string): TensorInfo {
    const tensor = this.find(part);
    if (tensor !== undefined) return tensor;
    throw this.error(`tensor "${this.module}.${part}" is missing`);
  }

  /** All values of a floating-point tensor, also of one-byte formats. */
  floats(tensor: TensorInfo): Float32Array {
    const values = byteFloats[tensor.dtype];
    if (values === undefined) return readTensorSync(this.checkpoint, tensor);
    return Float32Array.from(this.bytes(tensor), (bits) => values[bits]!);
  }

  /** Stored bytes of a tensor, from `start` on. */
  bytes(tensor: TensorInfo, start = 0, length: number = tensor.byteLength - start): Uint8Array {
    const bytes = new Uint8Array(length);
    this.checkpoint.readTensorBytesSync(tensor, start, bytes);
    return bytes;
  }

  /** All values of an int32 tensor. */
  words(tensor: TensorInfo): Int32Array {
    if (tensor.dtype !== "I32" && tensor.dtype !== "U32") {
      throw this.error(`tensor "${tensor.name}" has dtype ${tensor.dtype} instead of I32`);
    }
    return new Int32Array(this.bytes(tensor).buffer);
  }

  /** All values of an integer tensor of any width, which must be small numbers. */
  integers(tensor: TensorInfo): Int32Array {
    if (tensor.dtype !== "I64") return this.words(tensor);
    return Int32Array.from(new BigInt64Array(this.bytes(tensor).buffer), Number);
  }

  /** Throws unless the shape of a tensor is as said. */
  expect(tensor: TensorInfo, shape: readonly number[]): void {
    if (String(tensor.shape) === String(shape)) return;
    throw this.error(
      `tensor "${tensor.name}" has shape [${tensor.shape.join(", ")}] where [${shape.join(", ")}] belongs to the others`,
    );
  }

  error(problem: string): ModelLoadError {
    return new ModelLoadError(
      `${this.checkpoint.folder}: module "${this.module}" cannot be dequantised: ${problem}. The checkpoint is damaged or of an unknown layout (${this.settings.method ?? "no quantization_config"}).`,
    );
  }
}
