import type { PromptPositions } from "../../families/model-family.ts";
import { inverseFrequencies, type RotaryTable, rotaryTable } from "../rotary.ts";
import type { TextDecoderConfig } from "./text-decoder-config.ts";

/** Positions of a prompt in a model with one rotary axis: tokens and feature rows count up alike. */
export function plainPositions(length: number): PromptPositions {
  return { ids: Int32Array.from({ length }, (_, index) => index), next: length };
}

/** A function from positions [1, tokens] to the rotary table of those tokens (specs/vlm.md B0). */
export function plainRotary({
  ropeTheta,
  headDim,
}: Pick<TextDecoderConfig, "ropeTheta" | "headDim">): (positions: Int32Array) => RotaryTable {
  const frequencies = inverseFrequencies(ropeTheta, headDim);
  return (positions) => rotaryTable(positions.length, frequencies, (token) => positions[token]!);
}
