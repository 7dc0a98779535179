import { llavaProjector, llavaText } from "../../blocks/llava/llava-names.ts";

/** The projection [vision hidden, text hidden] behind the tower; it has no bias. */
export const projectionWeight: string = `${llavaProjector}.mm_input_projection_weight`;

/** The norm in front of it. */
export const projectionNorm: string = `${llavaProjector}.mm_soft_emb_norm.weight`;

/** True for norms of Gemma's own, which are stored as their distance from one; those of the tower are not. */
export function isZeroCentred(name: string): boolean {
  return name === projectionNorm || (name.startsWith(`${llavaText.model}.`) && name.endsWith("norm.weight"));
}
