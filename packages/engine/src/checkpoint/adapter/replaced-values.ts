import type { StoredWeight } from "../stored-weight.ts";
import { readWhole, rowElements } from "../stored-weight.ts";

/**
 * A bias vector plus s·b of an adapter with `lora_bias`; zeros stand for a missing bias.
 *
 * @param load reads b [length]
 */
export function shiftedBias(
  base: StoredWeight | undefined,
  length: number,
  load: () => Float32Array,
  scaling: number,
): StoredWeight {
  const shift = (values: Float32Array): Float32Array => {
    const change = load();
    return values.map((value, index) => value + scaling * change[index]!);
  };
  return {
    shape: [length],
    async *rows(signal) {
      yield shift(base === undefined ? new Float32Array(length) : await readWhole(base, signal));
    },
    readRowSync: (row, target) => {
      target[0] = 0;
      base?.readRowSync(row, target);
      target[0]! += scaling * load()[row]!;
    },
  };
}

/**
 * A matrix some of whose rows are replaced (tokens that an adapter has trained).
 *
 * @param places rows of the matrix
 * @param load reads what stands there instead [places, width]
 */
export function replacedRows(base: StoredWeight, places: readonly number[], load: () => Float32Array): StoredWeight {
  const width = rowElements(base.shape);
  const indexOf = new Map(places.map((place, index) => [place, index]));
  const replace = (target: Float32Array, row: number, values: () => Float32Array): void => {
    const index = indexOf.get(row);
    if (index !== undefined) target.set(values().subarray(index * width, (index + 1) * width));
  };
  let kept: Float32Array | undefined;
  const values = (): Float32Array => {
    kept ??= load();
    return kept;
  };
  return {
    shape: base.shape,
    async *rows(signal) {
      let row = 0;
      for await (const chunk of base.rows(signal)) {
        for (let start = 0; start < chunk.length; start += width) {
          replace(chunk.subarray(start, start + width), row++, values);
        }
        yield chunk;
      }
    },
    readRowSync: (row, target) => {
      base.readRowSync(row, target);
      replace(target, row, values);
    },
  };
}
