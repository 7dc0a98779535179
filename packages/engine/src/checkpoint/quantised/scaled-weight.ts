import type { TensorInfo } from "@ocellus/hub";
import type { StoredWeight } from "../stored-weight.ts";
import { decodedWeight } from "./decoded-weight.ts";
import { integerWeight } from "./integer-weight.ts";
import type { ModuleTensors } from "./module-tensors.ts";
import { byteFloats } from "./small-floats.ts";

/** Names of scales by which a stored value is multiplied; the "inverse" of DeepSeek's is a multiplier as well. */
const scaleNames = ["weight_scale_inv", "weight_scale"];

/** The scale of a `weight` of one-byte numbers, if there is one. */
export function findScale(module: ModuleTensors): TensorInfo | undefined {
  return scaleNames.map((name) => module.find(name)).find((tensor) => tensor !== undefined);
}

/**
 * `weight` in one-byte floating point times a scale per tensor, row, group of inputs or rectangle (`fp8` of DeepSeek and
 * Qwen, fbgemm, ModelOpt, compressed-tensors "float-quantized").
 *
 * @throws ModelLoadError naming the module and the scale that does not fit
 */
export function float8Weight(module: ModuleTensors, scale: TensorInfo): StoredWeight {
  const weight = module.get("weight");
  const shape = matrixShape(module, weight);
  const [, inputs] = shape;
  const values = byteFloats[weight.dtype]!;
  const { columns, height, width } = scaleGrid(module, scale, shape);
  return decodedWeight(shape, () => {
    const scales = module.floats(scale);
    return (first, count, target) => {
      const bytes = module.bytes(weight, first * inputs, count * inputs);
      for (let row = 0; row < count; row++) {
        const line = Math.floor((first + row) / height) * columns;
        for (let input = 0; input < inputs; input++) {
          const index = row * inputs + input;
          target[index] = values[bytes[index]!]! * scales[line + Math.floor(input / width)]!;
        }
      }
    };
  });
}

/** `weight` in int8 times a scale per tensor, row or group (compressed-tensors "int-quantized"). */
export function int8Weight(module: ModuleTensors, scale: TensorInfo): StoredWeight {
  const weight = module.get("weight");
  const shape = matrixShape(module, weight);
  const [outputs, inputs] = shape;
  const { columns, height } = scaleGrid(module, scale, shape);
  if (height !== 1 && height < outputs) throw module.error("its weight_scale is neither per tensor nor per row");
  const zero = module.find("weight_zero_point");
  const spread = <Values extends Float32Array | Uint8Array>(values: Values, into: Values): Values => {
    for (let index = 0; index < into.length; index++) into[index] = values[height === 1 ? index : index % columns]!;
    return into;
  };
  return integerWeight({
    shape,
    bits: 8,
    groups: columns,
    groupOf: undefined,
    hasZeroPoints: zero !== undefined,
    open: () => ({
      scales: spread(module.floats(scale), new Float32Array(outputs * columns)),
      zeros:
        zero === undefined
          ? undefined
          : spread(
              module.bytes(zero).map((value) => value ^ 0x80),
              new Uint8Array(outputs * columns),
            ),
      levels: (first, count) => module.bytes(weight, first * inputs, count * inputs).map((value) => value ^ 0x80),
    }),
  });
}

function matrixShape(module: ModuleTensors, { shape }: TensorInfo): readonly [number, number] {
  if (shape.length === 2) return shape as unknown as readonly [number, number];
  throw module.error(`its weight has shape [${shape.join(", ")}] instead of two axes`);
}

interface ScaleGrid {
  readonly columns: number;
  /** Rows and inputs of the weight that share a scale. */
  readonly height: number;
  readonly width: number;
}

function scaleGrid(module: ModuleTensors, scale: TensorInfo, [outputs, inputs]: readonly [number, number]): ScaleGrid {
  const [rows = 1, columns = 1] = scale.shape;
  const [blockRows, blockColumns] = module.settings.blockShape ?? [];
  const height = rows === 1 ? outputs : rows === outputs ? 1 : (blockRows ?? 128);
  const width = columns === 1 ? inputs : (blockColumns ?? inputs / columns);
  if (Math.ceil(outputs / height) === rows && Math.ceil(inputs / width) === columns) return { columns, height, width };
  throw module.error(`its scale of shape [${scale.shape.join(", ")}] does not cover [${outputs}, ${inputs}]`);
}
