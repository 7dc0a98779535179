import { ModelLoadError } from "@ocellus/core";
import type { TensorInfo } from "@ocellus/hub";

/** What an adapter holds for one module. Shapes: specs/vlm.md B9. */
export interface ModuleTensors {
  /** lora_A [r, inputs…], or lora_embedding_A [r, vocabulary]. */
  a?: TensorInfo;
  /** lora_B [outputs, r, 1…], or lora_embedding_B [width, r]. */
  b?: TensorInfo;
  /** True for the embedding's pair, which is applied transposed. */
  isEmbedding?: boolean;
  /** Change of the module's bias [outputs], before scaling. */
  biasB?: TensorInfo;
  /** DoRA's length of every row [outputs]. */
  magnitude?: TensorInfo;
  /** Trained rows of an embedding [rows, width], whole. */
  tokens?: TensorInfo;
}

/** The tensors of an adapter file, sorted out. */
export interface AdapterTensors {
  /** By module path, as the adapter names it. */
  readonly modules: ReadonlyMap<string, ModuleTensors>;
  /** Tensors that replace one of the base (modules_to_save, biases, resized embeddings), by the name of that one. */
  readonly whole: ReadonlyMap<string, TensorInfo>;
}

const loraKey =
  /^(.+?)\.(lora_A|lora_B|lora_embedding_A|lora_embedding_B|lora_magnitude_vector)(?:\.default)?(?:\.(weight|bias))?$/;
const tokensKey = /^(.+?)\.token_adapter\.trainable_tokens_delta(?:\.default)?$/;

/**
 * Sorts the tensors of an adapter file by what they do.
 *
 * @throws ModelLoadError naming a tensor of a kind that is not known, or a module with only half of its pair
 */
export function sortAdapterTensors(tensors: Iterable<TensorInfo>): AdapterTensors {
  const modules = new Map<string, ModuleTensors>();
  const whole = new Map<string, TensorInfo>();
  const moduleOf = (path: string): ModuleTensors => {
    const found = modules.get(path) ?? {};
    modules.set(path, found);
    return found;
  };
  for (const tensor of tensors) {
    const name = tensor.name.replace(/^base_model\.model\./, "");
    const [, path, part, kind] = loraKey.exec(name) ?? [];
    const tokens = tokensKey.exec(name);
    if (path !== undefined) place(moduleOf(path), part!, kind, tensor);
    else if (tokens !== null) moduleOf(tokens[1]!).tokens = tensor;
    else if (/\.lora_|\.token_adapter\./.test(name)) throw unknownTensor(tensor);
    else whole.set(name.replace(/\.(?:modules_to_save(?:\.default)?|base_layer)\./, "."), tensor);
  }
  for (const [path, module] of modules) checkComplete(path, module);
  return { modules, whole };
}

function checkComplete(path: string, { a, b, biasB, magnitude, tokens }: ModuleTensors): void {
  const isPair = a !== undefined && b !== undefined;
  const isRest = a === undefined && b === undefined && biasB === undefined && magnitude === undefined;
  if (isPair || (isRest && tokens !== undefined)) return;
  const { file } = (a ?? b ?? biasB ?? magnitude)!;
  throw new ModelLoadError(
    `${file}: module "${path}" has ${a === undefined ? "no lora_A" : "no lora_B"}. The adapter is incomplete; save or download it again.`,
  );
}

function place(module: ModuleTensors, part: string, kind: string | undefined, tensor: TensorInfo): void {
  if (kind === "bias") {
    if (part !== "lora_B") throw unknownTensor(tensor);
    module.biasB = tensor;
  } else if (part === "lora_magnitude_vector") {
    module.magnitude = tensor;
  } else {
    module[part.endsWith("A") ? "a" : "b"] = tensor;
    if (part.startsWith("lora_embedding")) module.isEmbedding = true;
  }
}

function unknownTensor({ name, file }: TensorInfo): ModelLoadError {
  return new ModelLoadError(
    `${file}: tensor "${name}" is of a kind that is not supported. Merge the adapter with PEFT (merge_and_unload) and load the merged checkpoint.`,
  );
}
