import { InvalidArgumentError } from "@ocellus/core";

/**
 * Checks places in a video.
 *
 * @throws InvalidArgumentError when they do not ascend or leave 0…frameCount − 1
 */
export function assertFrameIndices(indices: readonly number[], frameCount: number): void {
  let previous = -1;
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= previous || index >= frameCount) {
      throw new InvalidArgumentError(
        `Frame indices must be whole numbers, ascend and lie within 0–${frameCount - 1}; got ${index} after ${previous}.`,
      );
    }
    previous = index;
  }
}
