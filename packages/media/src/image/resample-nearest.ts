import type { Picture } from "./picture.ts";

/** Source index of each output index: pixel centres, the step added up as Pillow's `ImagingScaleAffine` does. */
function nearestIndices(inputSize: number, outputSize: number): Int32Array {
  const indices = new Int32Array(outputSize);
  const step = inputSize / outputSize;
  let position = step * 0.5;
  for (let i = 0; i < outputSize; i++, position += step) indices[i] = Math.min(inputSize - 1, Math.trunc(position));
  return indices;
}

/** Pillow's nearest-neighbour resize of an 8-bit RGB picture. The size must already be checked. */
export function resampleNearest(
  picture: Picture,
  { width, height }: { readonly width: number; readonly height: number },
): Picture {
  const columns = nearestIndices(picture.width, width);
  const rows = nearestIndices(picture.height, height);
  const data = new Uint8Array(width * height * 3);
  let out = 0;
  for (const row of rows) {
    const first = row * picture.width;
    for (const column of columns) {
      const at = (first + column) * 3;
      data[out] = picture.data[at]!;
      data[out + 1] = picture.data[at + 1]!;
      data[out + 2] = picture.data[at + 2]!;
      out += 3;
    }
  }
  return { data, width, height };
}
