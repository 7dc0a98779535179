import type { WeightSource } from "../../checkpoint/weight-source.ts";
import type { NamedShape } from "../named-shapes.ts";
import type { ExpertsConfig } from "./experts-config.ts";
import { areExpertsFused, isInputsFirst } from "./fused-experts.ts";

/**
 * The tensors that a sparse feed-forward layer reads.
 *
 * @param prefix as in `sparseExperts`
 * @throws ModelLoadError when fused experts are incomplete or of another shape than config.json says
 */
export function* expertsShapes(
  weights: WeightSource,
  {
    experts,
    prefix,
    hiddenSize,
  }: { readonly experts: ExpertsConfig; readonly prefix: string; readonly hiddenSize: number },
): Generator<NamedShape> {
  const { count, width, shared } = experts;
  yield [`${prefix}.gate.weight`, [count, hiddenSize]];
  if (areExpertsFused(weights, `${prefix}.experts`)) {
    isInputsFirst(weights, `${prefix}.experts`, { count, width, hiddenSize });
  } else {
    for (let expert = 0; expert < count; expert++)
      yield* gatedMlpShapes(`${prefix}.experts.${expert}`, width, hiddenSize);
  }
  if (shared === undefined) return;
  yield* gatedMlpShapes(`${prefix}.${shared.module}`, shared.width, hiddenSize);
  if (shared.gate !== undefined) yield [`${prefix}.${shared.gate}.weight`, [1, hiddenSize]];
}

/** The matrices of a gated feed-forward layer without biases. */
function* gatedMlpShapes(prefix: string, width: number, hiddenSize: number): Generator<NamedShape> {
  yield [`${prefix}.gate_proj.weight`, [width, hiddenSize]];
  yield [`${prefix}.up_proj.weight`, [width, hiddenSize]];
  yield [`${prefix}.down_proj.weight`, [hiddenSize, width]];
}
