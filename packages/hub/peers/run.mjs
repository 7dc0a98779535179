// Runs ours beside Python's huggingface_hub on one cache: `npm run test:peers -- hub`. Makes a Python environment for each
// version in `$OCELLUS_PEERS_CACHE` or `~/.cache/ocellus/peers` at the first run; the Hub is the fake one of the tests.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The newest, and one of the line that resumes `.incomplete` files and keeps no lists of files. */
const versions = ["2.4.0", "0.30.2"];
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const base = process.env.OCELLUS_PEERS_CACHE ?? join(cache, "ocellus", "peers");

for (const version of versions) {
  const folder = join(base, `hub-${version}`);
  const python = join(folder, "bin", "python");
  const mark = join(folder, "complete");
  if (!existsSync(mark)) {
    mkdirSync(base, { recursive: true });
    run(process.env.OCELLUS_PEERS_PYTHON ?? "python3.11", ["-m", "venv", folder]);
    run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `huggingface_hub==${version}`]);
    writeFileSync(mark, "");
  }
  process.stdout.write(`huggingface_hub ${version}\n`);
  const config = fileURLToPath(new URL("./vitest.config.ts", import.meta.url));
  run("npx", ["vitest", "run", "--config", config, ...process.argv.slice(2)], { PEER_PYTHON: python });
}

function run(command, args, environment = {}) {
  const root = fileURLToPath(new URL("../../..", import.meta.url));
  const env = { ...process.env, ...environment };
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: ["ignore", "inherit", "inherit"] });
  if (status !== 0) process.exit(status ?? 1);
}
