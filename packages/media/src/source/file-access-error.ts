import { resolve } from "node:path";
import { SourceNotFoundError } from "@ocellus/core";

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  ENOTDIR: "a part of the path is not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ELOOP: "too many symbolic links",
  ENAMETOOLONG: "the name is too long",
};

/** The error for a path that the file system does not give: names the path as given, what it resolves to, and why. */
export function fileAccessError(path: string, resolved: string, cause: unknown): SourceNotFoundError {
  const code = (cause as NodeJS.ErrnoException | null)?.code ?? "";
  const reason = reasons[code] ?? (cause instanceof Error ? cause.message : String(cause));
  return new SourceNotFoundError(`Source not found: '${path}' (${reason}). Resolved to: '${resolve(resolved)}'.`, {
    cause,
  });
}
