import { spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { env, platform, stderr } from "node:process";

/**
 * The interpreter of a Python environment in the cache (`OCELLUS_CACHE`), which is made with `PYTHON` when it is missing.
 *
 * @param name of its folder; must say the version of what is measured
 * @param installs arguments of `pip install`, one list a call
 * @throws Error when a step fails or takes more than 30 minutes (some packages are compiled)
 */
export function pythonEnvironment(name: string, installs: readonly (readonly string[])[]): string {
  const folder = join(env.OCELLUS_CACHE ?? join(homedir(), ".cache", "ocellus"), "peers", name);
  const python = join(folder, platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  stderr.write(`[bench] installing ${name} into ${folder}\n`);
  run(env.PYTHON ?? "python3", ["-m", "venv", "--clear", folder]);
  for (const packages of installs) {
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...packages]);
  }
  writeFileSync(ready, "");
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 30 * 60_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}.`);
}
