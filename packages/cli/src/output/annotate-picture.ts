import { mkdir, writeFile } from "node:fs/promises";
import { basename, join, parse } from "node:path";
import { type DrawableResponse, drawPrediction, encodeImage, readPicture } from "ocellus";
import { CommandError } from "../command-error.ts";

/** Writes annotated pictures into one folder. */
export interface PictureAnnotator {
  /**
   * Draws responses on a picture, one after the other, and writes it as PNG.
   *
   * @returns the path of the file
   * @throws VisionError when the picture cannot be opened or drawn on, CommandError when the file cannot be written
   */
  annotate(source: string, responses: readonly DrawableResponse[], signal: AbortSignal): Promise<string>;
}

/**
 * An annotator for `folder`, which is created when the first picture is written. Pictures of the same name get numbers
 * (`photo.png`, `photo-2.png`) within one run; files of earlier runs are replaced.
 */
export function createPictureAnnotator(folder: string, allowPrivateAddresses: boolean): PictureAnnotator {
  const taken = new Set<string>();
  return {
    async annotate(source, responses, signal) {
      let picture = await readPicture(source, { signal, allowPrivateAddresses });
      for (const response of responses) picture = await drawPrediction(picture, response);
      const bytes = await encodeImage(picture);
      const path = join(folder, freeName(nameOf(source), taken));
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(path, bytes);
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new CommandError(`The annotated picture ${path} cannot be written: ${reason}`, 1, { cause });
      }
      return path;
    },
  };
}

/** The name of a source without folder and extension, in characters that every file system takes. */
function nameOf(source: string): string {
  const name = /^data:/i.test(source) ? "" : parse(basename(urlPath(source))).name;
  return name.replace(/[^\p{L}\p{N}._ -]/gu, "_").slice(0, 100) || "picture";
}

function urlPath(source: string): string {
  return /^(?:https?|file):/i.test(source) && URL.canParse(source) ? new URL(source).pathname : source;
}

function freeName(name: string, taken: Set<string>): string {
  for (let number = 1; ; number++) {
    const file = number === 1 ? `${name}.png` : `${name}-${number}.png`;
    // Two names that differ in case only are one file on some systems.
    if (taken.has(file.toLowerCase())) continue;
    taken.add(file.toLowerCase());
    return file;
  }
}
