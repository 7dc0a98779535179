import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { CommandError } from "../command-error.ts";

/** What `ocellus ask` is asked about. */
export interface AskInput {
  readonly sources: readonly string[];
  /** Empty: the task's own prompt. */
  readonly prompt: string;
}

const address = /^(?:https?|file|data):/i;
const mediaEnding = /\.(?:jpe?g|png|webp|gif|bmp|tiff?|avif|hei[cf]|mp4|m4v|mov|mkv|webm|avi)$/i;
const anyEnding = /[^.]\.[a-z]\w{0,4}$/i;

/**
 * Tells pictures from the prompt: with `--prompt` every argument is a source; else the last one is the prompt when it
 * does not name a file that exists and does not look like one (`a.jpg`, `photos/b`) or like an address.
 *
 * @throws CommandError without any source
 */
export function splitArguments(
  values: readonly string[],
  prompt: string | undefined,
  exists: (path: string) => boolean = pathExists,
): AskInput {
  const last = values.at(-1);
  if (prompt === undefined && last !== undefined && looksLikePrompt(last, exists)) {
    return checkSources(values.slice(0, -1), last);
  }
  return checkSources(values, prompt ?? "");
}

function checkSources(sources: readonly string[], prompt: string): AskInput {
  const empty = sources.findIndex((source) => source.trim() === "");
  if (empty >= 0) throw new CommandError(`Source ${empty + 1} is empty.`, 2);
  if (sources.length > 0) return { sources, prompt };
  throw new CommandError(
    `No picture is given${prompt === "" ? "" : ` with the prompt ${JSON.stringify(prompt)}`}. Name a file, folder or URL first: ocellus ask photo.jpg "How many mugs?"`,
    2,
  );
}

function looksLikePrompt(text: string, exists: (path: string) => boolean): boolean {
  if (address.test(text) || mediaEnding.test(text) || exists(text)) return false;
  return /\s/.test(text) || !(anyEnding.test(text) || /[\\/]/.test(text));
}

function pathExists(path: string): boolean {
  return existsSync(path.replace(/^~(?=$|[\\/])/, () => homedir()));
}
