import { ModelLoadError } from "@ocellus/core";

/** `model_type` of language models that the text decoder computes, and whether they norm queries and keys. */
const architectures: Readonly<Record<string, { readonly qkNorm: boolean }>> = {
  llama: { qkNorm: false },
  mistral: { qkNorm: false },
  qwen2: { qkNorm: false },
  qwen3: { qkNorm: true },
};

/**
 * Whether the language model of a family that comes with several norms its queries and keys.
 *
 * @param modelType `model_type` of the language model's configuration
 * @throws ModelLoadError when the text decoder cannot compute it
 */
export function hasQkNorm(modelType: string | undefined): boolean {
  const found =
    modelType !== undefined && Object.hasOwn(architectures, modelType) ? architectures[modelType] : undefined;
  if (found !== undefined) return found.qkNorm;
  throw new ModelLoadError(
    `config.json: the language model "${modelType}" is not supported. Supported: ${Object.keys(architectures).join(", ")}.`,
  );
}
