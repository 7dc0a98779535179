/** Names of the resampling filters, as Pillow's `Image.Resampling` has them. */
export type ResampleFilterName = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos";

/** A convolution kernel and the radius (in source pixels at scale 1) outside of which it is zero. */
export interface ResampleKernel {
  readonly support: number;
  readonly weightAt: (x: number) => number;
}

const sinc = (x: number): number => {
  if (x === 0) return 1;
  const angle = x * Math.PI;
  return Math.sin(angle) / angle;
};

const hamming = (signed: number): number => {
  const x = Math.abs(signed);
  if (x === 0) return 1;
  if (x >= 1) return 0;
  const angle = x * Math.PI;
  return (Math.sin(angle) / angle) * (0.54 + 0.46 * Math.cos(angle));
};

// Keys' cubic with a = -0.5 (OpenCV and torch use -0.75).
const bicubic = (signed: number): number => {
  const a = -0.5;
  const x = Math.abs(signed);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
};

/** The kernels of Pillow's `libImaging/Resample.c`, operation for operation, so that rounding falls the same way. */
export const resampleKernels: Readonly<Record<Exclude<ResampleFilterName, "nearest">, ResampleKernel>> = {
  box: { support: 0.5, weightAt: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weightAt: (x) => Math.max(0, 1 - Math.abs(x)) },
  hamming: { support: 1, weightAt: hamming },
  bicubic: { support: 2, weightAt: bicubic },
  lanczos: { support: 3, weightAt: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};
