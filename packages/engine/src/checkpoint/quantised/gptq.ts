import type { TensorInfo } from "@ocellus/hub";
import type { StoredWeight } from "../stored-weight.ts";
import { unpackBits, unpackRows } from "./bit-stream.ts";
import { type IntegerRows, integerWeight } from "./integer-weight.ts";
import type { ModuleTensors } from "./module-tensors.ts";

/** Bits of a value in words that are packed along an axis. */
const knownBits = [2, 3, 4, 8];

/**
 * GPTQ (arXiv:2210.17323, specs/vlm.md B10): levels packed down the input axis in `qweight` [inputs · bits / 32,
 * outputs], zero points along the outputs in `qzeros`, `scales` [groups, outputs], and `g_idx` with the group of every
 * input, which need not ascend (act-order).
 *
 * @throws ModelLoadError naming the module and the tensor that does not fit
 */
export function gptqWeight(module: ModuleTensors): StoredWeight {
  const [qweight, qzeros, scales, order] = [
    module.get("qweight"),
    module.get("qzeros"),
    module.get("scales"),
    module.find("g_idx"),
  ];
  const [wordRows = 0, outputs = 0] = qweight.shape;
  const groups = scales.shape[0] ?? 0;
  const bits = order === undefined ? (module.settings.bits ?? 4) : (wordRows * 32) / order.shape[0]!;
  const inputs = (wordRows * 32) / bits;
  if (!knownBits.includes(bits)) throw module.error(`it has ${bits} bits a weight; known are ${knownBits.join(", ")}`);
  module.expect(scales, [groups, outputs]);
  module.expect(qzeros, [groups, Math.ceil((outputs * bits) / 32)]);
  const groupOf = order === undefined ? undefined : groupOrder(module, order, inputs, groups);
  return integerWeight({
    shape: [outputs, inputs],
    bits,
    groups,
    groupOf,
    hasZeroPoints: true,
    open: (): IntegerRows => {
      const words = module.words(qweight);
      const zeroWords = module.words(qzeros);
      const wordsPerGroup = qzeros.shape[1]!;
      const mask = 2 ** bits - 1;
      const zeros = new Uint8Array(outputs * groups).map((_, index) => {
        const row = (index % groups) * wordsPerGroup;
        const stored = unpackBits((word) => zeroWords[row + word]!, bits, Math.floor(index / groups));
        return (stored + module.settings.zeroPointOffset) & mask;
      });
      return {
        scales: transposed(module.floats(scales), groups),
        zeros,
        levels: (first, count) =>
          unpackRows({ words, bits, start: first, wordStep: outputs, rowStep: 1 }, count, inputs),
      };
    },
  });
}

/**
 * The group of every input, or undefined when groups are neighbours as without act-order.
 *
 * @throws ModelLoadError when a group has no scales
 */
export function groupOrder(
  module: ModuleTensors,
  order: TensorInfo,
  inputs: number,
  groups: number,
): Int32Array | undefined {
  module.expect(order, [inputs]);
  const groupOf = module.integers(order);
  const groupSize = Math.ceil(inputs / groups);
  // compressed-tensors writes −1 where there is no order.
  if (groupOf.every((group, input) => group === Math.floor(input / groupSize) || group === -1)) return undefined;
  if (groupOf.every((group) => group >= 0 && group < groups)) return groupOf;
  throw module.error(`tensor "${order.name}" names a group without scales`);
}

/** [rows, columns] → [columns, rows]. */
export function transposed(values: Float32Array, rows: number): Float32Array {
  const columns = values.length / rows;
  return new Float32Array(values.length).map(
    (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!,
  );
}
