import type { RecurrentStateShape } from "../../families/model-family.ts";

/** Sizes of a gated delta net. */
export interface DeltaNetConfig {
  readonly hiddenSize: number;
  /** Heads of queries and keys; each serves valueHeads / keyHeads heads of values. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Tokens that the convolution sees, the current one included. */
  readonly kernel: number;
  /** Activation behind the convolution (`hidden_act`). */
  readonly act: string;
  /** ε of the norm of the output. */
  readonly epsilon: number;
}

/** Channels of the convolution: queries, keys and values. */
export function convolvedWidth({ keyHeads, valueHeads, keyDim, valueDim }: DeltaNetConfig): number {
  return 2 * keyHeads * keyDim + valueHeads * valueDim;
}

/** What one layer carries on: the last inputs of its convolution, and the memory of each head. */
export interface DeltaNetStates {
  readonly convolution: RecurrentStateShape;
  readonly memory: RecurrentStateShape;
}

/** The state of the layer that is number `place` among its kind. */
export function deltaNetStates(config: DeltaNetConfig, place: number): DeltaNetStates {
  const { valueHeads, keyDim, valueDim, kernel } = config;
  return {
    convolution: { name: `linear.${place}.convolution`, dims: [1, convolvedWidth(config), kernel - 1] },
    memory: { name: `linear.${place}.memory`, dims: [1, valueHeads, keyDim, valueDim] },
  };
}
