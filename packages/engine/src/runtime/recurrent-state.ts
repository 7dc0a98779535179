import type { RecurrentStateShape } from "../families/model-family.ts";
import { type Feeds, floatTensor } from "./host-tensor.ts";

/**
 * What layers without keys and values carry on from token to token (Gated DeltaNet: the last inputs of the convolution
 * and the associative memory; specs/vlm.md B3): tensors of fixed size that every run of the graph replaces. Nothing of
 * them can be taken back, so an earlier state is only had where a reference to its tensors was kept.
 */
export class RecurrentState {
  readonly #shapes: readonly RecurrentStateShape[];
  readonly #tensors: readonly Float32Array[];

  private constructor(shapes: readonly RecurrentStateShape[], tensors: readonly Float32Array[]) {
    this.#shapes = shapes;
    this.#tensors = tensors;
  }

  /** The state before the first token: zeros. */
  static empty(shapes: readonly RecurrentStateShape[]): RecurrentState {
    return new RecurrentState(
      shapes,
      shapes.map(({ dims }) => new Float32Array(elements(dims))),
    );
  }

  /** The `past.*` inputs of the decoder graph; the graph only reads them. */
  feeds(): Feeds {
    return Object.fromEntries(
      this.#shapes.map(({ name, dims }, index) => [`past.${name}`, floatTensor(this.#tensors[index]!, dims)]),
    );
  }

  /** The state that the `present.*` outputs of the decoder graph are; takes their arrays over. */
  next(outputs: Readonly<Record<string, Float32Array>>): RecurrentState {
    return new RecurrentState(
      this.#shapes,
      this.#shapes.map(({ name }) => outputs[`present.${name}`]!),
    );
  }
}

/** Bytes of one state. */
export function recurrentBytes(shapes: readonly RecurrentStateShape[]): number {
  return shapes.reduce((sum, { dims }) => sum + 4 * elements(dims), 0);
}

function elements(dims: readonly number[]): number {
  return dims.reduce((product, side) => product * side, 1);
}
