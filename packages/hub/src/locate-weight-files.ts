import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { listFolder } from "./list-folder.ts";
import { parseJsonFile } from "./parse-json-file.ts";
import { readTextFile } from "./read-text-file.ts";
import { resolveInsideFolder } from "./resolve-inside-folder.ts";

/** An index of 200,000 tensors has about 20 MB. */
const maxIndexBytes = 100_000_000;

/** The weight files of a checkpoint. */
export interface WeightFiles {
  /** Base names, sorted. */
  readonly files: readonly string[];
  /** Tensor name → base name of the shard that must hold it; empty for a checkpoint of one file. */
  readonly shardOfTensor: ReadonlyMap<string, string>;
}

/**
 * Finds the weights of a folder: `weightsFile` itself, else the shards that `<weightsFile>.index.json` names.
 *
 * @param folder absolute path
 * @throws ModelLoadError when there are none, a shard is missing, or the index names a file outside of the folder
 */
export async function locateWeightFiles(
  folder: string,
  weightsFile: string,
  signal?: AbortSignal,
): Promise<WeightFiles> {
  const present = await listFolder(folder);
  if (present.has(weightsFile)) return { files: [weightsFile], shardOfTensor: new Map() };
  const index = `${weightsFile}.index.json`;
  if (!present.has(index)) throw noWeights(folder, weightsFile, present);
  const indexPath = join(folder, index);
  const shardOfTensor = parseWeightMap(await readTextFile(indexPath, maxIndexBytes, signal), indexPath);
  const files = [...new Set(shardOfTensor.values())].sort();
  const missing = files.filter((file) => !present.has(file));
  if (missing.length > 0) {
    const names = missing.length > 5 ? `${missing.slice(0, 5).join(", ")}, …` : missing.join(", ");
    throw new ModelLoadError(
      `${folder} lacks ${missing.length} of ${files.length} weight files that ${index} names: ${names}. Download the checkpoint again.`,
    );
  }
  return { files, shardOfTensor };
}

function parseWeightMap(text: string, indexPath: string): Map<string, string> {
  const parsed = parseJsonFile(text, indexPath) as { readonly weight_map?: unknown } | null;
  const weightMap = parsed?.weight_map;
  if (typeof weightMap !== "object" || weightMap === null || Array.isArray(weightMap)) {
    throw new ModelLoadError(`${indexPath} has no object "weight_map". Download it again.`);
  }
  const shardOfTensor = new Map<string, string>(Object.entries(weightMap));
  if (shardOfTensor.size === 0) throw new ModelLoadError(`${indexPath} names no tensors. Download it again.`);
  for (const [tensor, file] of shardOfTensor) {
    if (typeof file !== "string" || file.includes("/") || resolveInsideFolder("", file) === undefined) {
      throw new ModelLoadError(
        `${indexPath} places tensor ${JSON.stringify(tensor)} in ${JSON.stringify(file)}; only names of files in the same folder are allowed.`,
      );
    }
  }
  return shardOfTensor;
}

const otherFormats: readonly (readonly [RegExp, string])[] = [
  [
    /\.(?:bin|pt|pth|ckpt)$/,
    "PyTorch weights are not supported; convert them with transformers: model.save_pretrained(folder, safe_serialization=True).",
  ],
  [/\.gguf$/, "GGUF weights are not supported; download the original safetensors checkpoint of the model."],
  [/\.(?:onnx|h5|msgpack)$/, "This format is not supported; download the safetensors checkpoint of the model."],
];

function noWeights(folder: string, weightsFile: string, present: ReadonlySet<string>): ModelLoadError {
  const message = `${folder} has no weights: neither ${weightsFile} nor ${weightsFile}.index.json is there.`;
  for (const [pattern, hint] of otherFormats) {
    const other = [...present].find((file) => pattern.test(file) && file !== "training_args.bin");
    if (other !== undefined) return new ModelLoadError(`${message} Found ${other}: ${hint}`);
  }
  if (present.has("snapshots") && present.has("refs")) {
    return new ModelLoadError(`${message} This is a folder of the Hub cache: pass one of the folders in snapshots.`);
  }
  return new ModelLoadError(message);
}
