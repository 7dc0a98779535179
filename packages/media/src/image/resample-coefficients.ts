import type { ResampleKernel } from "./resample-filter.ts";

/** Fractional bits of a coefficient: 32 − 8 (a sample) − 2 (head room for negative lobes), as in Pillow. */
export const coefficientBits = 22;

/** Weights of an axis: output `i` is the sum of `weights[i * stride + t] * input[starts[i] + t]`, `t < counts[i]`. */
export interface AxisCoefficients {
  /** First source index of each output index. */
  readonly starts: Int32Array;
  /** Number of source samples of each output index. */
  readonly counts: Int32Array;
  /** Fixed-point weights with {@link coefficientBits} fractional bits; each row sums to about 1. */
  readonly weights: Int32Array;
  /** Length of one row of `weights`. */
  readonly stride: number;
}

/**
 * Weights that resize one axis from `inputSize` to `outputSize` samples. When shrinking, the kernel is stretched by the
 * scale (antialiasing). Follows `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow's `Resample.c`.
 */
export function computeAxisCoefficients(
  inputSize: number,
  outputSize: number,
  { support: kernelSupport, weightAt }: ResampleKernel,
): AxisCoefficients {
  const scale = inputSize / outputSize;
  const filterScale = Math.max(scale, 1);
  const support = kernelSupport * filterScale;
  const inverseScale = 1 / filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(outputSize);
  const counts = new Int32Array(outputSize);
  const weights = new Int32Array(outputSize * stride);
  const exact = new Float64Array(stride);
  for (let i = 0; i < outputSize; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(inputSize, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let t = 0; t < count; t++) {
      const weight = weightAt((t + start - center + 0.5) * inverseScale);
      exact[t] = weight;
      sum += weight;
    }
    starts[i] = start;
    counts[i] = count;
    for (let t = 0; t < count; t++) {
      const weight = sum === 0 ? exact[t]! : exact[t]! / sum;
      weights[i * stride + t] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << coefficientBits));
    }
  }
  return { starts, counts, weights, stride };
}
