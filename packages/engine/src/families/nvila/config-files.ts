import { ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";

/** A configuration and the name that errors call it. */
export interface NamedJson {
  readonly json: unknown;
  readonly file: string;
}

/** The configurations that an NVILA checkpoint is made of. */
export interface NvilaConfigFiles {
  readonly root: unknown;
  readonly text: NamedJson;
  readonly vision: NamedJson;
  /** `json` is undefined where nothing says which projector it is. */
  readonly projector: NamedJson;
}

/**
 * Collects the configurations of both layouts: of VILA's the config.json of each sub folder, which its loader reads
 * (config.json repeats them as `llm_cfg` …), and of the one-folder layout the parts of config.json.
 *
 * @throws ModelLoadError when there is none of the language model or the tower
 */
export async function readConfigFiles(files: CheckpointFiles): Promise<NvilaConfigFiles> {
  const root = await files.readJson("config.json");
  const find = async (part: string, keys: readonly string[]): Promise<NamedJson | undefined> => {
    const own = `${part}/config.json`;
    if (files.has(own)) return { json: await files.readJson(own), file: own };
    const values = (root ?? {}) as Readonly<Record<string, unknown>>;
    const key = keys.find((name) => typeof values[name] === "object" && values[name] !== null);
    return key === undefined ? undefined : { json: values[key], file: `config.json ${key}` };
  };
  const need = async (part: string, keys: readonly string[]): Promise<NamedJson> => {
    const found = await find(part, keys);
    if (found !== undefined) return found;
    throw new ModelLoadError(
      `config.json has no ${keys.join(" or ")}, and there is no ${part}/config.json. Of the models with this model_type only NVILA is supported; download the checkpoint again if it is one.`,
    );
  };
  return {
    root,
    text: await need("llm", ["text_config", "llm_cfg"]),
    vision: await need("vision_tower", ["vision_config", "vision_tower_cfg"]),
    projector: (await find("mm_projector", ["mm_projector_cfg", "mm_projector_config"])) ?? {
      json: undefined,
      file: "config.json mm_projector_cfg",
    },
  };
}
