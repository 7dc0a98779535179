import { createHash } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointFolder } from "ocellus-tiny";
import { type AskOptions, generationConfigOf } from "../arguments/ask-options.ts";

/**
 * Makes the keys of a ledger: a hash of everything that decides an answer, which is the source, the prompt, the model,
 * and the settings. Files count with their size and time of change, so that a changed picture or checkpoint is asked
 * again. A source that a list names twice has a key for each place.
 *
 * @returns a function that must be called once per source, in the order of the list
 */
export function createAnswerKeys(prompt: string, options: AskOptions): (source: string) => string {
  const { task, system, cot, precision, blockSize, minPixels, maxPixels, model, revision, adapter } = options;
  const settings = JSON.stringify({
    ...{ prompt, task, system, cot, precision, blockSize, minPixels, maxPixels, revision },
    generation: generationConfigOf(options),
    model: describeFolder(resolvePath(model ?? checkpointFolder)),
    ...(adapter === undefined ? {} : { adapter: describeFolder(resolvePath(adapter)) }),
  });
  const occurrences = new Map<string, number>();
  return (source) => {
    const described = JSON.stringify(describeSource(source));
    const occurrence = occurrences.get(described) ?? 0;
    occurrences.set(described, occurrence + 1);
    return createHash("sha256").update(`${settings}\n${described}\n${occurrence}`).digest("hex").slice(0, 32);
  };
}

function describeSource(source: string): unknown {
  if (/^(?:https?|data):/i.test(source)) return source;
  return describeFile(resolvePath(source));
}

/** A path with what changes when the file does. What cannot be looked at is named only. */
function describeFile(path: string): readonly unknown[] {
  try {
    const { size, mtimeMs } = statSync(path);
    return [path, size, mtimeMs];
  } catch {
    return [path];
  }
}

function describeFolder(path: string): readonly unknown[] {
  try {
    const files = readdirSync(path).filter((name) => !name.startsWith("."));
    return [path, ...files.sort().map((name) => describeFile(join(path, name)))];
  } catch {
    return [path];
  }
}

function resolvePath(path: string): string {
  if (/^file:/i.test(path) && URL.canParse(path)) {
    try {
      return fileURLToPath(path);
    } catch {
      return path;
    }
  }
  return resolve(path.replace(/^~(?=$|[\\/])/, () => homedir()));
}
