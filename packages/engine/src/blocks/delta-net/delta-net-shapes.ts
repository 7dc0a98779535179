import type { NamedShape } from "../named-shapes.ts";
import { convolvedWidth, type DeltaNetConfig } from "./delta-net-config.ts";

/** The tensors that a gated delta net reads. */
export function* deltaNetShapes(prefix: string, config: DeltaNetConfig): Generator<NamedShape> {
  const { hiddenSize, valueHeads, valueDim, kernel } = config;
  const channels = convolvedWidth(config);
  const valueWidth = valueHeads * valueDim;
  yield [`${prefix}.in_proj_qkv.weight`, [channels, hiddenSize]];
  yield [`${prefix}.in_proj_z.weight`, [valueWidth, hiddenSize]];
  yield [`${prefix}.in_proj_a.weight`, [valueHeads, hiddenSize]];
  yield [`${prefix}.in_proj_b.weight`, [valueHeads, hiddenSize]];
  yield [`${prefix}.conv1d.weight`, [channels, 1, kernel]];
  yield [`${prefix}.A_log`, [valueHeads]];
  yield [`${prefix}.dt_bias`, [valueHeads]];
  yield [`${prefix}.norm.weight`, [valueDim]];
  yield [`${prefix}.out_proj.weight`, [hiddenSize, valueWidth]];
}
