import { InsufficientMemoryError } from "@ocellus/core";
import {
  type BlockSize,
  type Precision,
  type PrecisionInput,
  type PrecisionParts,
  type PrecisionPlan,
  precisionPlan,
  precisions,
} from "../checkpoint/precision.ts";
import type { FamilyModel } from "../families/model-family.ts";
import { estimateMemory, type MemoryEstimate } from "./memory-estimate.ts";

/** Largest weights that `"auto"` loads at a precision; beyond it decoding would wait for memory more than compute. */
const autoLimits: Readonly<Record<Precision, number>> = {
  float32: 2 ** 30,
  int8: 2 * 2 ** 30,
  int4: Number.POSITIVE_INFINITY,
};

/** A precision that fits, and what it needs. */
export interface ChosenPrecision extends MemoryEstimate {
  readonly plan: PrecisionPlan;
}

/**
 * Settles the precision before anything large is read. `"auto"` takes the most exact one that fits into the available
 * memory and keeps decoding fast: float32 up to 1 GiB of weights, int8 up to 2 GiB, int4 beyond. Beside int4 there is an
 * int8 copy of the layers for prompts where it fits, unless `prefill` says otherwise.
 *
 * @param available bytes that the process can still get
 * @throws InsufficientMemoryError with both numbers when the precision (or, for `"auto"`, the smallest) does not fit
 * @throws InvalidArgumentError for a part of a precision that is not known
 */
export function choosePrecision(
  model: FamilyModel,
  wanted: PrecisionInput,
  blockSize: BlockSize | undefined,
  available: number,
): ChosenPrecision {
  const isAuto = wanted === "auto";
  let smallest: ChosenPrecision | undefined;
  for (const parts of candidates(wanted, blockSize)) {
    const plan = precisionPlan(parts);
    const chosen = { plan, ...estimateMemory(model, plan) };
    const light = !isAuto || chosen.weightBytes <= autoLimits[plan.precision];
    if (light && chosen.requiredBytes <= available) return chosen;
    smallest = chosen;
  }
  const { plan, requiredBytes } = smallest!;
  const remedy =
    plan.precision === "int4" && plan.prefill === null
      ? "Close other programs or use a smaller model."
      : 'Use precision "int4" or a smaller model.';
  throw new InsufficientMemoryError(
    `The model needs ${gibibytes(requiredBytes)} at precision "${plan.precision}", but only ${gibibytes(available)} are available. ${remedy}`,
    { requiredBytes, availableBytes: available },
  );
}

/** From the best to the smallest. */
function candidates(wanted: PrecisionInput, blockSize: BlockSize | undefined): readonly Partial<PrecisionParts>[] {
  const size = blockSize === undefined ? {} : { blockSize };
  const list = wanted === "auto" ? precisions : [wanted];
  return list.flatMap((entry) => {
    const parts = typeof entry === "string" ? { decode: entry, ...size } : { ...size, ...entry };
    const { decode = "int4", prefill } = parts;
    return decode === "int4" && prefill === undefined ? [{ ...parts, prefill: "int8" as const }, parts] : [parts];
  });
}

function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}
