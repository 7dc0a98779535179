import { InvalidArgumentError } from "@ocellus/core";
import type { GraphFormats } from "../families/model-family.ts";

/** How the weights of a model are stored in memory. */
export type Precision = "float32" | "int8" | "int4";

/** Input elements that share one scale in the decoder's integer weights. */
export type BlockSize = 32 | 64 | 128;

/** The precisions, from the most exact to the smallest. */
export const precisions: readonly Precision[] = ["float32", "int8", "int4"];

/** The block sizes that can be chosen. */
export const blockSizes: readonly BlockSize[] = [32, 64, 128];

/** A precision with all its details. */
export interface PrecisionPlan {
  readonly precision: Precision;
  readonly formats: GraphFormats;
  /** Short text that names the plan in cache keys. */
  readonly tag: string;
}

/**
 * The storage formats of a precision. Decoder weights become blocks of integers, which decoding reads fastest; the
 * vision tower, which multiplies many rows at once, gets 8-bit columns at both integer precisions (specs/vlm.md C.2, C.7).
 *
 * @param blockSize default 32, the most exact
 * @throws InvalidArgumentError for another block size
 */
export function precisionPlan(precision: Precision, blockSize: BlockSize = 32): PrecisionPlan {
  if (!blockSizes.includes(blockSize)) {
    throw new InvalidArgumentError(`blockSize ${blockSize} is not supported. Use one of ${blockSizes.join(", ")}.`);
  }
  if (precision === "float32") {
    return { precision, formats: { vision: { kind: "float32" }, decoder: { kind: "float32" } }, tag: "float32" };
  }
  const bits = precision === "int8" ? 8 : 4;
  return {
    precision,
    formats: { vision: { kind: "column" }, decoder: { kind: "block", bits, blockSize } },
    tag: `${precision}-block${blockSize}`,
  };
}
