import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A Python with the packages of the test server, in `$OCELLUS_PEERS_CACHE` or `~/.cache/ocellus/peers`. Made when it is
 * missing or the requirements changed; needs python3.11 (the runner's compiled part has wheels for it only).
 */
export function makePython() {
  const requirements = fileURLToPath(new URL("../../../fixtures/clarifai/server/requirements.txt", import.meta.url));
  const base =
    process.env.OCELLUS_PEERS_CACHE ??
    join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "ocellus", "peers");
  const folder = join(base, "clarifai");
  const python = join(folder, "bin", "python");
  const mark = join(folder, "requirements.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return python;
  mkdirSync(base, { recursive: true });
  run(process.env.OCELLUS_PEERS_PYTHON ?? "python3.11", ["-m", "venv", folder]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
  writeFileSync(mark, wanted);
  return python;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed`, { cause: error });
}
