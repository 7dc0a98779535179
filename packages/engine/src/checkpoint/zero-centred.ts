import type { WeightSource } from "./weight-source.ts";

/**
 * Weights of norms that are stored as their distance from one, as 1 + w: the norm itself is then an ordinary one (Gemma,
 * Qwen3.5; specs/vlm.md B3 "Norm trap").
 *
 * @param isZeroCentred tells such a weight by its canonical name; they are read whole
 */
export function withZeroCentredNorms(weights: WeightSource, isZeroCentred: (name: string) => boolean): WeightSource {
  return {
    ...weights,
    read: async (name, signal) => {
      const values = await weights.read(name, signal);
      return isZeroCentred(name) ? values.map((value) => 1 + value) : values;
    },
  };
}
