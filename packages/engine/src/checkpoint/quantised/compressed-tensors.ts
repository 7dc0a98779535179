import type { TensorInfo } from "@ocellus/hub";
import type { StoredWeight } from "../stored-weight.ts";
import { unpackBits, unpackRows } from "./bit-stream.ts";
import { decodedWeight } from "./decoded-weight.ts";
import { groupOrder } from "./gptq.ts";
import { integerWeight } from "./integer-weight.ts";
import type { ModuleTensors } from "./module-tensors.ts";
import { e2m1 } from "./small-floats.ts";

/**
 * "pack-quantized" of compressed-tensors: levels of `weight_packed` int32 [outputs, ceil(inputs · bits / 32)] lie low bits
 * first, `weight_scale` is [outputs, groups] or one number, and there may be `weight_zero_point` packed along the
 * outputs and `weight_g_idx` with the group of every input.
 *
 * @throws ModelLoadError naming the module and the tensor that does not fit
 */
export function packQuantizedWeight(module: ModuleTensors): StoredWeight {
  const [packed, scale, zero] = [
    module.get("weight_packed"),
    module.get("weight_scale"),
    module.find("weight_zero_point"),
  ];
  const [outputs = 0, inputs = 0] = module.integers(module.get("weight_shape"));
  const [, words = 0] = packed.shape;
  const bits = (module.settings.bitsChoices ?? [4, 8]).find((choice) => Math.ceil((inputs * choice) / 32) === words);
  if (bits === undefined || bits > 8 || packed.shape[0] !== outputs) {
    throw module.error(`its weight_packed of shape [${packed.shape.join(", ")}] does not hold [${outputs}, ${inputs}]`);
  }
  const isWhole = scale.shape.every((side) => side === 1);
  const groups = isWhole ? 1 : (scale.shape[1] ?? 1);
  if (!isWhole) module.expect(scale, [outputs, groups]);
  if (zero !== undefined) module.expect(zero, [Math.ceil((outputs * bits) / 32), groups]);
  const order = module.find("weight_g_idx");
  const readZeros = (tensor: TensorInfo): Uint8Array => {
    const stored = module.words(tensor);
    return new Uint8Array(outputs * groups).map((_, index) =>
      unpackBits((word) => stored[word * groups + (index % groups)]!, bits, Math.floor(index / groups)),
    );
  };
  return integerWeight({
    shape: [outputs, inputs],
    bits,
    groups,
    groupOf: order === undefined ? undefined : groupOrder(module, order, inputs, groups),
    hasZeroPoints: zero !== undefined,
    open: () => ({
      scales: isWhole ? new Float32Array(outputs).fill(module.floats(scale)[0]!) : module.floats(scale),
      zeros: zero === undefined ? undefined : readZeros(zero),
      levels: (first, count) => {
        const rows = new Int32Array(module.bytes(packed, first * words * 4, count * words * 4).buffer);
        return unpackRows({ words: rows, bits, start: 0, wordStep: 1, rowStep: words }, count, inputs);
      },
    }),
  });
}

/**
 * NVFP4 and MXFP4: two E2M1 numbers a byte, the first in the low half, with a one-byte scale for each 16 (or 32) of them.
 * NVFP4 has one more scale for the tensor: a multiplier in ModelOpt (`weight_scale_2`), a divisor in compressed-tensors
 * (`weight_global_scale`).
 *
 * @param part name of the packed tensor: `weight` or `weight_packed`
 * @throws ModelLoadError naming the module and the scale that does not fit
 */
export function float4Weight(module: ModuleTensors, part: "weight" | "weight_packed"): StoredWeight {
  const [packed, scale] = [module.get(part), module.get("weight_scale")];
  const [multiplier, divisor] = [module.find("weight_scale_2"), module.find("weight_global_scale")];
  const [outputs = 0, halfInputs = 0] = packed.shape;
  const inputs = 2 * halfInputs;
  const group = multiplier === undefined && divisor === undefined ? 32 : 16;
  const groups = Math.ceil(inputs / group);
  module.expect(scale, [outputs, groups]);
  return decodedWeight([outputs, inputs], () => {
    const whole =
      (multiplier === undefined ? 1 : module.floats(multiplier)[0]!) /
      (divisor === undefined ? 1 : module.floats(divisor)[0]!);
    const scales = module.floats(scale);
    return (first, count, target) => {
      const bytes = module.bytes(packed, first * halfInputs, count * halfInputs);
      for (let index = 0; index < count * inputs; index++) {
        const row = Math.floor(index / inputs);
        const byte = bytes[index >> 1]!;
        const factor = scales[(first + row) * groups + Math.floor((index - row * inputs) / group)]! * whole;
        target[index] = e2m1[index & 1 ? byte >> 4 : byte & 15]! * factor;
      }
    };
  });
}
