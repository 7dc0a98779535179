import type { TokenSpan } from "../families/model-family.ts";

/** Score of a position that must not be attended to. */
const masked = -1e30;

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

/**
 * The additive mask [rows, tokens, context + tokens] of a batch: each row has its own number of cached tokens in the
 * first `context` columns, followed by unused room, and its new tokens at the end of the last columns, behind padding.
 *
 * @param lengths cached tokens of each row
 * @param counts new tokens of each row; `tokens` is the largest
 * @param window tokens that each looks back over, itself included; everything when absent
 */
export function paddedMask(
  lengths: readonly number[],
  counts: readonly number[],
  context: number,
  window: number = Number.POSITIVE_INFINITY,
): Float32Array {
  const tokens = Math.max(...counts);
  const width = context + tokens;
  const mask = new Float32Array(lengths.length * tokens * width);
  for (const [row, length] of lengths.entries()) {
    const padding = tokens - counts[row]!;
    for (let token = padding; token < tokens; token++) {
      const start = (row * tokens + token) * width;
      const seen = length + token - padding + 1 - window;
      mask.fill(masked, start, start + Math.max(0, Math.min(length, seen)));
      mask.fill(masked, start + length, start + context + Math.max(padding, padding + seen - length));
      mask.fill(masked, start + context + token + 1, start + width);
    }
  }
  return mask;
}
