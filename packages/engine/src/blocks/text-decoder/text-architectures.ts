import { ModelLoadError } from "@ocellus/core";

/** A language model that the text decoder computes. */
export interface TextArchitecture {
  /** Queries and keys are normed a head. */
  readonly qkNorm: boolean;
  /** Values of transformers' configuration class, which files leave out. */
  readonly defaults: Readonly<Record<string, number>>;
}

const sevenBillion = { hidden_size: 4096, num_hidden_layers: 32, num_attention_heads: 32 };
const qwen = { ...sevenBillion, intermediate_size: 22_016, num_key_value_heads: 32, max_position_embeddings: 32_768 };

/** By `model_type`. */
const architectures: Readonly<Record<string, TextArchitecture>> = {
  llama: {
    qkNorm: false,
    defaults: { ...sevenBillion, intermediate_size: 11_008, max_position_embeddings: 2048 },
  },
  mistral: {
    qkNorm: false,
    defaults: {
      ...sevenBillion,
      ...{ intermediate_size: 14_336, num_key_value_heads: 8, max_position_embeddings: 131_072, sliding_window: 4096 },
    },
  },
  qwen2: { qkNorm: false, defaults: qwen },
  qwen3: { qkNorm: true, defaults: { ...qwen, head_dim: 128 } },
};

/**
 * The language model of a family that comes with several.
 *
 * @param modelType `model_type` of the language model's configuration
 * @throws ModelLoadError when the text decoder cannot compute it
 */
export function textArchitecture(modelType: string | undefined): TextArchitecture {
  const found =
    modelType !== undefined && Object.hasOwn(architectures, modelType) ? architectures[modelType] : undefined;
  if (found !== undefined) return found;
  throw new ModelLoadError(
    `config.json: the language model "${modelType}" is not supported. Supported: ${Object.keys(architectures).join(", ")}.`,
  );
}
