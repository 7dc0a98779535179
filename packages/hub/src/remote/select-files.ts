import type { ListedFile } from "./file-listing.ts";

/** Settings, tokenizers and templates; never programs, pickled weights or pictures. */
const smallFile =
  /^[^/]+\.(?:json|jinja|model)$|^(?:merges|vocab)\.txt$|^(?:additional_)?chat_templates\/[^/]+\.jinja$/;
/** Traces of a training run and lists of weights that are not downloaded. */
const needless = /^(?:trainer_state|training_args|all_results|train_results|eval_results)\.json$|\.bin\.index\.json$/;
/** A second copy of the weights in another layout. */
const duplicateWeights = /^consolidated[.-]|\.(?:fp16|bf16|fp32)\.safetensors$/;
/** Folders that hold no part of the model itself. */
const otherFolder = /^(?:\.|checkpoint-|global_step|original$|onnx$|openvino$|gguf$)/;

/**
 * The files of a commit that the engine reads: settings, tokenizer, templates and safetensors of the top folder. Where
 * the top folder has no weights, those of its sub folders too (a model in parts: `llm/`, `vision_tower/`).
 */
export function selectFiles(files: readonly ListedFile[]): ListedFile[] {
  const top = selectInFolder(files, "");
  if (top.some(isWeights)) return top;
  const folders = new Set(files.flatMap(({ path }) => /^([^/]+)\/[^/]+\.safetensors$/.exec(path)?.[1] ?? []));
  const parts = [...folders].filter((folder) => !otherFolder.test(folder));
  return [...top, ...parts.flatMap((folder) => selectInFolder(files, `${folder}/`))];
}

/** True for a file of weights. */
export function isWeights({ path }: ListedFile): boolean {
  return path.endsWith(".safetensors");
}

function selectInFolder(files: readonly ListedFile[], prefix: string): ListedFile[] {
  const inside = files.flatMap((file) => {
    const name = file.path.startsWith(prefix) ? file.path.slice(prefix.length) : "";
    return name === "" ? [] : [{ file, name }];
  });
  const weights = inside.filter(
    ({ file, name }) => isWeights(file) && !name.includes("/") && !duplicateWeights.test(name),
  );
  // Beside a whole file, shards would hold the same tensors again.
  const isWhole = weights.some(({ name }) => name === "model.safetensors");
  const isWanted = (name: string): boolean => !isWhole || !/-of-\d+\.safetensors$/.test(name);
  const small = inside.filter(({ name }) => smallFile.test(name) && !needless.test(name));
  return [...small, ...weights.filter(({ name }) => isWanted(name))].map(({ file }) => file);
}
