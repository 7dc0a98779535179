import { describeValue, InvalidArgumentError } from "@ocellus/core";
import type { ActivationScales, LinearFormat } from "../blocks/linear.ts";
import type { GraphFormats } from "../families/model-family.ts";

/** How the weights of a model are stored in memory. */
export type Precision = "float32" | "int8" | "int4";

/** Input elements that share one scale in the decoder's integer weights. */
export type BlockSize = 32 | 64 | 128;

/** A precision for each of the three kinds of work. */
export interface PrecisionParts {
  /** Weights of the vision tower: `"int8"` has a scale per output and quantises activations while running. */
  readonly vision: "float32" | "int8";
  /**
   * What prompts are computed with: a second copy of the decoder's weights in int8, which many rows at once use best, or
   * the `"same"` that decoding uses.
   */
  readonly prefill: "int8" | "same";
  /** Weights that every generated token reads. */
  readonly decode: Precision;
  /** Input elements that share one scale in `decode`. */
  readonly blockSize: BlockSize;
  /**
   * How the activations of `vision` and `prefill` in int8 are quantised: every `"row"` (a token) by itself, or all of a
   * `"tensor"` with one scale, which is faster, and coarse where one token has outliers.
   */
  readonly activations: ActivationScales;
}

/** The option `precision`: a name, or parts of which the missing ones follow from `decode` (`"int4"` by default). */
export type PrecisionInput = Precision | "auto" | Partial<PrecisionParts>;

/** The precisions, from the most exact to the smallest. */
export const precisions: readonly Precision[] = ["float32", "int8", "int4"];

/** The block sizes that can be chosen. */
export const blockSizes: readonly BlockSize[] = [32, 64, 128];

/** A precision with all its details. */
export interface PrecisionPlan {
  /** Name of the whole: that of what decodes. */
  readonly precision: Precision;
  readonly parts: PrecisionParts;
  readonly formats: GraphFormats;
  /** Storage of a second copy of the decoder for prompts; `null` when there is none. */
  readonly prefill: LinearFormat | null;
  /** Short text that names the plan in cache keys. */
  readonly tag: string;
}

/**
 * The storage formats of a precision. Decoder weights become blocks of integers, which decoding reads fastest; what
 * multiplies many rows at once gets 8-bit columns (specs/vlm.md C.2, C.7).
 *
 * @throws InvalidArgumentError for a part that is not known
 */
export function precisionPlan(given: Precision | Partial<PrecisionParts>): PrecisionPlan {
  const parts = completeParts(typeof given === "string" ? { decode: given } : given);
  const { vision, prefill, decode, blockSize, activations } = parts;
  const column = { kind: "column", activations } as const;
  const hasColumns = vision === "int8" || prefill === "int8";
  const bits = decode === "int8" ? 8 : 4;
  const tags = [
    decode === "float32" ? "float32" : `${decode}-block${blockSize}`,
    ...(vision === defaultVision(decode) ? [] : [`vision-${vision}`]),
    ...(prefill === "same" ? [] : [`prefill-${prefill}`]),
    ...(activations === "tensor" && hasColumns ? ["per-tensor"] : []),
  ];
  return {
    precision: decode,
    parts,
    formats: {
      vision: vision === "int8" ? column : { kind: "float32" },
      decoder: decode === "float32" ? { kind: "float32" } : { kind: "block", bits, blockSize },
    },
    prefill: prefill === "int8" ? column : null,
    tag: tags.join("-"),
  };
}

function completeParts({ decode = "int4", ...given }: Partial<PrecisionParts>): PrecisionParts {
  const parts = { vision: given.vision ?? defaultVision(decode), prefill: given.prefill ?? "same", decode };
  const { blockSize = 128, activations = "row" } = given;
  check("precision.decode", decode, precisions);
  check("precision.vision", parts.vision, ["float32", "int8"]);
  check("precision.prefill", parts.prefill, ["int8", "same"]);
  check("precision.activations", activations, ["row", "tensor"]);
  check("blockSize", blockSize, blockSizes);
  return { ...parts, blockSize, activations };
}

function defaultVision(decode: Precision): PrecisionParts["vision"] {
  return decode === "float32" ? "float32" : "int8";
}

function check(name: string, value: unknown, known: readonly unknown[]): void {
  if (known.includes(value)) return;
  throw new InvalidArgumentError(`${name} ${describeValue(value)} is not supported. Use one of ${known.join(", ")}.`);
}
