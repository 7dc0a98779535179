import type { CheckpointShape } from "./checkpoint-shape.ts";

/** A tensor of a checkpoint file. */
export interface TensorSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Norm scales are ones; everything else is drawn from a normal distribution. */
  readonly ones: boolean;
}

/** All tensors of a Qwen2.5-VL checkpoint of a shape, under the names that published checkpoints use. */
export function checkpointTensors(shape: CheckpointShape): TensorSpec[] {
  return [...textTensors(shape), ...visionTensors(shape)];
}

function textTensors({ text, tied }: CheckpointShape): TensorSpec[] {
  const { hiddenSize, vocabSize, intermediateSize } = text;
  const headDim = hiddenSize / text.heads;
  const tensors = [matrix("model.embed_tokens", vocabSize, hiddenSize)];
  for (let layer = 0; layer < text.layers; layer++) {
    const prefix = `model.layers.${layer}`;
    tensors.push(norm(`${prefix}.input_layernorm`, hiddenSize));
    tensors.push(...linear(`${prefix}.self_attn.q_proj`, hiddenSize, hiddenSize));
    tensors.push(...linear(`${prefix}.self_attn.k_proj`, text.kvHeads * headDim, hiddenSize));
    tensors.push(...linear(`${prefix}.self_attn.v_proj`, text.kvHeads * headDim, hiddenSize));
    tensors.push(matrix(`${prefix}.self_attn.o_proj`, hiddenSize, hiddenSize));
    tensors.push(norm(`${prefix}.post_attention_layernorm`, hiddenSize));
    tensors.push(matrix(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize));
    tensors.push(matrix(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize));
    tensors.push(matrix(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize));
  }
  tensors.push(norm("model.norm", hiddenSize));
  if (!tied) tensors.push(matrix("lm_head", vocabSize, hiddenSize));
  return tensors;
}

function visionTensors({ text, vision }: CheckpointShape): TensorSpec[] {
  const { hiddenSize, intermediateSize } = vision;
  const tensors: TensorSpec[] = [
    { name: "visual.patch_embed.proj.weight", shape: [hiddenSize, 3, 2, 14, 14], ones: false },
  ];
  for (let block = 0; block < vision.depth; block++) {
    const prefix = `visual.blocks.${block}`;
    tensors.push(norm(`${prefix}.norm1`, hiddenSize), norm(`${prefix}.norm2`, hiddenSize));
    tensors.push(...linear(`${prefix}.attn.qkv`, 3 * hiddenSize, hiddenSize));
    tensors.push(...linear(`${prefix}.attn.proj`, hiddenSize, hiddenSize));
    tensors.push(...linear(`${prefix}.mlp.gate_proj`, intermediateSize, hiddenSize));
    tensors.push(...linear(`${prefix}.mlp.up_proj`, intermediateSize, hiddenSize));
    tensors.push(...linear(`${prefix}.mlp.down_proj`, hiddenSize, intermediateSize));
  }
  tensors.push(norm("visual.merger.ln_q", hiddenSize));
  tensors.push(...linear("visual.merger.mlp.0", 4 * hiddenSize, 4 * hiddenSize));
  tensors.push(...linear("visual.merger.mlp.2", text.hiddenSize, 4 * hiddenSize));
  return tensors;
}

function linear(name: string, outputs: number, inputs: number): TensorSpec[] {
  return [matrix(name, outputs, inputs), { name: `${name}.bias`, shape: [outputs], ones: false }];
}

function matrix(name: string, outputs: number, inputs: number): TensorSpec {
  return { name: `${name}.weight`, shape: [outputs, inputs], ones: false };
}

function norm(name: string, width: number): TensorSpec {
  return { name: `${name}.weight`, shape: [width], ones: true };
}
