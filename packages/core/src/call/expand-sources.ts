import { abortError, raceAbort } from "../abort.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import { SourceNotFoundError } from "../errors/source-not-found-error.ts";
import { toVisionError } from "../errors/to-vision-error.ts";
import type { VisionError } from "../errors/vision-error.ts";
import type { VisionBackend } from "../model/vision-backend.ts";
import { parseSource } from "../source/parse-source.ts";
import type { ParsedSource } from "../source/parsed-source.ts";
import type { SourceInput } from "../source/source-input.ts";

/** A source of a list after a first look: a folder, a source, or text that is decoded only when its turn comes. */
export interface ListedSource {
  readonly source: SourceInput;
  readonly parsed: ParsedSource | null;
  readonly isFolder: boolean;
}

/** An entry of the expanded list: what is to be answered, or why it cannot be. */
export type ExpandedSource =
  | { readonly source: SourceInput; readonly parsed: ParsedSource | null }
  | { readonly source: SourceInput; readonly error: VisionError };

/**
 * Looks at the sources of a list: mistakes throw now, folders are found, data URIs stay as they are.
 *
 * @throws InvalidArgumentError with the place of the entry that can be no source
 */
export function listSources(sources: readonly unknown[], backend: VisionBackend): readonly ListedSource[] {
  return sources.map((value, index) => {
    const source = value as SourceInput;
    const parsed = parseUndecoded(source, `options.source[${index}]`);
    return { source, parsed, isFolder: parsed?.kind === "path" && backend.isFolder(parsed.path) };
  });
}

/**
 * What a source is when nothing has to be decoded for it; `null` for data URIs and for what cannot be decoded, whose
 * error belongs to the answer.
 *
 * @throws InvalidArgumentError for a value that can be no source
 */
export function parseUndecoded(source: SourceInput, path: string): ParsedSource | null {
  if (typeof source === "string" && /^data:/i.test(source)) return null;
  try {
    return parseSource(source, { path });
  } catch (thrown) {
    if (InvalidArgumentError.isInstance(thrown)) throw thrown;
    return null;
  }
}

/** Expands folders in place, in order. What fails, or is aborted, becomes one entry with its error; never rejects. */
export async function expandSources(
  listed: readonly ListedSource[],
  backend: VisionBackend,
  options: { readonly recursive: boolean; readonly signal: AbortSignal },
): Promise<readonly ExpandedSource[]> {
  const expanded: ExpandedSource[] = [];
  for (const { source, parsed, isFolder } of listed) {
    if (!isFolder || parsed?.kind !== "path") expanded.push({ source, parsed });
    else expanded.push(...(await expandFolder(source, parsed.path, backend, options)));
  }
  return expanded;
}

async function expandFolder(
  source: SourceInput,
  path: string,
  backend: VisionBackend,
  options: { readonly recursive: boolean; readonly signal: AbortSignal },
): Promise<readonly ExpandedSource[]> {
  if (options.signal.aborted) return [{ source, error: abortError(options.signal) }];
  try {
    const files = await raceAbort(backend.expandFolder(path, options), options.signal);
    if (files.length > 0) return files.map((file) => ({ source: file, parsed: parseSource(file) }));
    const hint = options.recursive ? "" : " Its sub-folders were not searched; use recursive: true for that.";
    return [{ source, error: new SourceNotFoundError(`No image files in the folder ${JSON.stringify(path)}.${hint}`) }];
  } catch (thrown) {
    return [{ source, error: toVisionError(thrown) }];
  }
}
