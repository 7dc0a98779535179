import { copyFile, type FileHandle, mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CheckpointShape } from "./checkpoint-shape.ts";
import { checkpointTensors, type TensorSpec } from "./checkpoint-tensors.ts";
import { dtypeBytes, RandomWeights, type WeightDtype } from "./random-weights.ts";

export { type CheckpointShape, shapes } from "./checkpoint-shape.ts";
export type { WeightDtype } from "./random-weights.ts";

/** A checkpoint with a tokenizer of a few hundred tokens; its ids are valid in every larger vocabulary. */
const fixture = fileURLToPath(new URL("../../fixtures/checkpoints/qwen2_5_vl/", import.meta.url));

/** How a random checkpoint is written. */
export interface RandomCheckpointOptions {
  readonly dtype: WeightDtype;
  /** Begin a new file beyond this many bytes of weights. Default: one file. */
  readonly shardBytes?: number;
  /** Same seed, same weights. Default 0. */
  readonly seed?: number;
  /** Leave the weights zero: the files are as long as real ones but take no room on most disks. Default false. */
  readonly sparse?: boolean;
}

/**
 * Writes a Qwen2.5-VL checkpoint with random weights in the layout of published ones, to measure speed and memory at
 * real sizes without a download. Streams: memory stays small at any size.
 *
 * @param folder made when missing; files of the same names are replaced
 */
export async function writeRandomCheckpoint(
  folder: string,
  shape: CheckpointShape,
  options: RandomCheckpointOptions,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const file of ["tokenizer.json", "tokenizer_config.json", "chat_template.json"]) {
    await copyFile(join(fixture, file), join(folder, file));
  }
  await writeJson(join(folder, "config.json"), modelConfig(shape, options.dtype));
  await writeJson(join(folder, "generation_config.json"), { eos_token_id: [642, 640], pad_token_id: 640 });
  await writeJson(join(folder, "preprocessor_config.json"), processorConfig);

  const size = dtypeBytes(options.dtype);
  const shards = cut(checkpointTensors(shape), size, options.shardBytes ?? Number.POSITIVE_INFINITY);
  const weights = options.sparse ? undefined : new RandomWeights(options.dtype, options.seed ?? 0);
  const files = shards.map((_, index) =>
    shards.length === 1 ? "model.safetensors" : `model-${ordinal(index + 1)}-of-${ordinal(shards.length)}.safetensors`,
  );
  for (const [index, tensors] of shards.entries()) {
    await writeShard(join(folder, files[index]!), tensors, options.dtype, weights);
  }
  if (shards.length === 1) return;
  const names = shards.flatMap((tensors, index) => tensors.map(({ name }) => [name, files[index]!]));
  const total = shards.flat().reduce((sum, tensor) => sum + elements(tensor) * size, 0);
  await writeJson(join(folder, "model.safetensors.index.json"), {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(names),
  });
}

/** Tensors in order, in groups of at most `shardBytes` bytes (one tensor at least). */
function cut(tensors: readonly TensorSpec[], size: number, shardBytes: number): TensorSpec[][] {
  const shards: TensorSpec[][] = [[]];
  let bytes = 0;
  for (const tensor of tensors) {
    const length = elements(tensor) * size;
    if (bytes > 0 && bytes + length > shardBytes) {
      shards.push([]);
      bytes = 0;
    }
    shards.at(-1)!.push(tensor);
    bytes += length;
  }
  return shards;
}

/** Writes one safetensors file: header length (uint64), JSON header, tensor bytes. */
async function writeShard(
  path: string,
  tensors: readonly TensorSpec[],
  dtype: WeightDtype,
  weights: RandomWeights | undefined,
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: { format: "pt" } };
  let end = 0;
  for (const tensor of tensors) {
    const start = end;
    end += elements(tensor) * dtypeBytes(dtype);
    header[tensor.name] = { dtype, shape: tensor.shape, data_offsets: [start, end] };
  }
  const json = Buffer.from(JSON.stringify(header));
  const prefix = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  prefix.writeBigUInt64LE(BigInt(prefix.length - 8));
  json.copy(prefix, 8);

  const file = await open(path, "w");
  try {
    await writeFully(file, prefix);
    if (weights === undefined) await file.truncate(prefix.length + end);
    else for (const tensor of tensors) for (const piece of weights.pieces(tensor)) await writeFully(file, piece);
  } finally {
    await file.close();
  }
}

async function writeFully(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
}

function elements({ shape }: TensorSpec): number {
  return shape.reduce((product, side) => product * side, 1);
}

function ordinal(value: number): string {
  return String(value).padStart(5, "0");
}

async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** preprocessor_config.json of the published checkpoints. */
const processorConfig = {
  image_processor_type: "Qwen2VLImageProcessor",
  processor_class: "Qwen2_5_VLProcessor",
  min_pixels: 3136,
  max_pixels: 12_845_056,
  patch_size: 14,
  temporal_patch_size: 2,
  merge_size: 2,
  image_mean: [0.48145466, 0.4578275, 0.40821073],
  image_std: [0.26862954, 0.26130258, 0.27577711],
};

const dtypeNames: Readonly<Record<WeightDtype, string>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** config.json in the flat layout of the published checkpoints, with the token ids of the fixture's tokenizer. */
function modelConfig({ text, vision, tied }: CheckpointShape, dtype: WeightDtype): object {
  return {
    architectures: ["Qwen2_5_VLForConditionalGeneration"],
    model_type: "qwen2_5_vl",
    hidden_size: text.hiddenSize,
    num_hidden_layers: text.layers,
    num_attention_heads: text.heads,
    num_key_value_heads: text.kvHeads,
    intermediate_size: text.intermediateSize,
    hidden_act: "silu",
    max_position_embeddings: text.maxPositionEmbeddings,
    rms_norm_eps: 1e-6,
    use_sliding_window: false,
    vocab_size: text.vocabSize,
    bos_token_id: 640,
    eos_token_id: 642,
    pad_token_id: 640,
    image_token_id: 652,
    video_token_id: 653,
    vision_start_token_id: 649,
    vision_end_token_id: 650,
    vision_token_id: 651,
    rope_theta: 1_000_000,
    rope_scaling: { type: "mrope", mrope_section: text.mropeSection },
    tie_word_embeddings: tied,
    torch_dtype: dtypeNames[dtype],
    vision_config: {
      model_type: "qwen2_5_vl",
      depth: vision.depth,
      hidden_size: vision.hiddenSize,
      intermediate_size: vision.intermediateSize,
      num_heads: vision.heads,
      hidden_act: "silu",
      in_chans: 3,
      patch_size: 14,
      spatial_patch_size: 14,
      spatial_merge_size: 2,
      temporal_patch_size: 2,
      tokens_per_second: 2,
      window_size: 112,
      fullatt_block_indexes: vision.fullAttentionBlocks,
      out_hidden_size: text.hiddenSize,
    },
  };
}
