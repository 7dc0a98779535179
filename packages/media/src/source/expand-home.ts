import { homedir } from "node:os";
import { join } from "node:path";

/** Replaces a leading `~` that stands alone or before a separator by the home folder; other paths pass unchanged. */
export function expandHome(path: string): string {
  return /^~(?=$|[/\\])/.test(path) ? join(homedir(), path.slice(1)) : path;
}
