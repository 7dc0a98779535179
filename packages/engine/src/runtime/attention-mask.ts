import type { TokenSpan } from "../families/model-family.ts";

/** Score of a position that must not be attended to. */
export const masked: number = -1e30;

/** Which tokens see which, beyond "each sees itself and what came before". */
export interface MaskRules {
  /** Tokens that each looks back over, itself included; everything when absent. */
  readonly window?: number | undefined;
  /** Runs of the prompt whose tokens also see those behind them in the same run. */
  readonly joined?: readonly TokenSpan[] | undefined;
}

/**
 * The additive mask [tokens, past + tokens] of new tokens that follow `past` cached ones: 0 where the token of the row
 * sees that of the column, very negative elsewhere. A window bounds joined runs too (transformers
 * `create_masks_for_vision_model`: window AND (causal OR same run)).
 *
 * @param rules `joined` runs in places of the whole prompt; none may reach beyond the new tokens
 */
export function attentionMask(tokens: number, past: number, { window, joined = [] }: MaskRules): Float32Array {
  const context = past + tokens;
  const mask = new Float32Array(tokens * context);
  for (let row = 0; row < tokens; row++) {
    const place = past + row;
    const run = joined.find(({ start, length }) => start <= place && place < start + length);
    const end = run === undefined ? place + 1 : run.start + run.length;
    mask.fill(masked, row * context + end, (row + 1) * context);
    if (window !== undefined) mask.fill(masked, row * context, row * context + Math.max(0, place - window + 1));
  }
  return mask;
}
