import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, vi } from "vitest";

/**
 * Makes a new folder the working folder of the tests of a file, with a cache of its own, and deletes it behind them.
 *
 * @returns tells the folder, once tests run
 */
export function useFolder(): () => string {
  let folder: string;
  const before = process.cwd();
  beforeAll(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), "ocellus-cli-")));
    process.chdir(folder);
    vi.stubEnv("OCELLUS_CACHE", join(folder, "cache"));
    vi.stubEnv("FORCE_COLOR", undefined);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    process.chdir(before);
    await rm(folder, { recursive: true });
  });
  return () => folder;
}
