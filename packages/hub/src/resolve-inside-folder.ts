import { join } from "node:path";

const forbiddenSegments: ReadonlySet<string> = new Set(["", ".", ".."]);

/**
 * The absolute path of `file` below `folder`, or undefined when `file` is not a plain relative path with `/` between
 * its parts (absolute, `..`, backslash, drive letter, NUL).
 *
 * Links are not resolved: a snapshot of the Hub cache links to its blobs outside of the folder.
 */
export function resolveInsideFolder(folder: string, file: string): string | undefined {
  if (typeof file !== "string" || /[\\:\0]/.test(file)) return undefined;
  const segments = file.split("/");
  if (segments.some((segment) => forbiddenSegments.has(segment))) return undefined;
  return join(folder, ...segments);
}
