import type { StoredWeight } from "../stored-weight.ts";
import { transposed } from "./gptq.ts";
import { integerWeight } from "./integer-weight.ts";
import type { ModuleTensors } from "./module-tensors.ts";

/** Column c of eight lies in this nibble of their word (specs/vlm.md B10). */
const nibbleOf = [0, 4, 1, 5, 2, 6, 3, 7];

/**
 * AWQ (arXiv:2306.00978), the layout of its "gemm" version: 4-bit levels packed along the outputs in `qweight`
 * [inputs, outputs / 8], in the same way zero points in `qzeros` [groups, outputs / 8], and `scales` [groups, outputs].
 *
 * @throws ModelLoadError naming the module and the tensor that does not fit
 */
export function awqWeight(module: ModuleTensors): StoredWeight {
  const [qweight, qzeros, scales] = [module.get("qweight"), module.get("qzeros"), module.get("scales")];
  const [inputs = 0, wordColumns = 0] = qweight.shape;
  const groups = scales.shape[0] ?? 0;
  const outputs = wordColumns * 8;
  if ((module.settings.bits ?? 4) !== 4)
    throw module.error(`it has ${module.settings.bits} bits a weight instead of 4`);
  module.expect(scales, [groups, outputs]);
  module.expect(qzeros, [groups, wordColumns]);
  const nibble = (words: Int32Array, row: number, column: number): number =>
    (words[row * wordColumns + (column >> 3)]! >>> (4 * nibbleOf[column & 7]!)) & 15;
  return integerWeight({
    shape: [outputs, inputs],
    bits: 4,
    groups,
    groupOf: undefined,
    hasZeroPoints: true,
    open: () => {
      const words = module.words(qweight);
      const zeroWords = module.words(qzeros);
      return {
        scales: transposed(module.floats(scales), groups),
        zeros: new Uint8Array(outputs * groups).map((_, index) =>
          nibble(zeroWords, index % groups, Math.floor(index / groups)),
        ),
        levels: (first, count) => {
          const levels = new Uint8Array(count * inputs);
          for (let row = 0; row < count; row++) {
            for (let input = 0; input < inputs; input++)
              levels[row * inputs + input] = nibble(words, input, first + row);
          }
          return levels;
        },
      };
    },
  });
}
