import { ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "./checkpoint-files.ts";

/** Settings of a processor and the name of their file, for errors. */
export interface ProcessorJson {
  readonly json: unknown;
  readonly file: string;
}

/**
 * Settings of the image processor: preprocessor_config.json, or a part of processor_config.json as newer versions of
 * transformers save them.
 *
 * @throws ModelLoadError when there are none
 */
export async function readImageProcessorJson(files: CheckpointFiles): Promise<ProcessorJson> {
  const found = await readEither(files, "preprocessor_config.json", "image_processor");
  if (found !== undefined) return found;
  throw new ModelLoadError(
    "The checkpoint has neither preprocessor_config.json nor processor_config.json with an image_processor. Copy the file from the model's repository into the folder.",
  );
}

/** Settings of the video processor; `undefined` when the checkpoint has none, as many published ones. */
export function readVideoProcessorJson(files: CheckpointFiles): Promise<ProcessorJson | undefined> {
  return readEither(files, "video_preprocessor_config.json", "video_processor");
}

async function readEither(files: CheckpointFiles, own: string, part: string): Promise<ProcessorJson | undefined> {
  if (files.has(own)) return { json: await files.readJson(own), file: own };
  if (!files.has("processor_config.json")) return undefined;
  const json = ((await files.readJson("processor_config.json")) as Readonly<Record<string, unknown>> | null)?.[part];
  return json === undefined ? undefined : { json, file: `processor_config.json ${part}` };
}
