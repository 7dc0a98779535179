import { ModelLoadError } from "@ocellus/core";
import { readAddedTokens } from "../../checkpoint/added-tokens.ts";
import type { CheckpointFiles } from "../../checkpoint/checkpoint-files.ts";
import type { VisualPrompt } from "../model-family.ts";
import type { Gemma3Config } from "./config.ts";

/** The texts of the tokens around and for a picture. */
export interface PictureTokens {
  readonly begin: string;
  readonly image: string;
  readonly end: string;
}

/**
 * Looks up how the tokens of config.json are written.
 *
 * @throws ModelLoadError when tokenizer.json lacks one of them
 */
export async function readPictureTokens(files: CheckpointFiles, config: Gemma3Config): Promise<PictureTokens> {
  const tokens = await readAddedTokens(files);
  const text = (key: string, id: number): string => {
    const found = tokens.get(id);
    if (found !== undefined) return found;
    throw new ModelLoadError(
      `tokenizer.json has no added token ${id}, which config.json names as ${key}. It belongs to another checkpoint; copy the right one.`,
    );
  };
  return {
    begin: text("boi_token_index", config.beginTokenId),
    image: text("image_token_index", config.imageTokenId),
    end: text("eoi_token_index", config.endTokenId),
  };
}

/** What stands in the prompt for a picture with `crops` crops (transformers `Gemma3Processor.replace_image_token`). */
export function visualPrompt({ begin, image, end }: PictureTokens, crops: number, viewTokens: number): VisualPrompt {
  const view = `\n\n${begin}${image}${end}\n\n`;
  const text =
    crops === 0
      ? view
      : `Here is the original image ${view} and here are some crops to help you see better ${new Array(crops).fill(view).join(" ")}`;
  return { mark: begin, text, spans: new Array<number>(1 + crops).fill(viewTokens) };
}
