import { statSync } from "node:fs";
import { expandHome } from "./expand-home.ts";

/** True when the path (with `~`) names an existing folder, also through a symbolic link. Synchronous, never throws. */
export function isFolder(path: string): boolean {
  try {
    return statSync(expandHome(path)).isDirectory();
  } catch {
    return false;
  }
}
