import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** What decides on the cache folder beside the caller's choice; the defaults are those of this process. */
export interface CacheSurroundings {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * The folder for files that can be made again: the option, else the environment variable `OCELLUS_CACHE`, else
 * `ocellus` inside the platform's cache folder (`%LOCALAPPDATA%` on Windows, `~/Library/Caches` on macOS, elsewhere
 * `$XDG_CACHE_HOME` when absolute, as the XDG Base Directory Specification demands, or `~/.cache`). It is not created
 * here.
 *
 * @param option the caller's choice; `~` is the home folder, here and in `OCELLUS_CACHE`
 */
export function cacheFolder(option?: string, surroundings: CacheSurroundings = {}): string {
  const { environment = process.env, platform = process.platform, home = homedir() } = surroundings;
  const chosen = option || environment.OCELLUS_CACHE;
  if (chosen) return resolve(chosen.replace(/^~(?=$|[\\/])/, home));
  return join(platformCache(environment, platform, home), "ocellus");
}

function platformCache(
  environment: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform,
  home: string,
): string {
  if (platform === "win32") return environment.LOCALAPPDATA || join(home, "AppData", "Local");
  if (platform === "darwin") return join(home, "Library", "Caches");
  const xdg = environment.XDG_CACHE_HOME;
  return xdg && isAbsolute(xdg) ? xdg : join(home, ".cache");
}
