// Runs ours beside the real thing: each `packages/<name>/peers/run.mjs` makes its own Python environment, starts the
// real server or runner on loopback, and compares. Needs Python 3.11 and the Python package index; users never do.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);
const peers = readdirSync(`${root}packages`).filter(
  (name) => existsSync(`${root}packages/${name}/peers/run.mjs`) && (wanted.length === 0 || wanted.includes(name)),
);
const failed = [];
for (const name of peers) {
  process.stdout.write(`\n== ${name} ==\n`);
  const { status } = spawnSync(process.execPath, [`${root}packages/${name}/peers/run.mjs`], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    timeout: 15 * 60_000,
  });
  if (status !== 0) failed.push(name);
}
process.stdout.write(`\npeers: ${peers.length - failed.length} passed, ${failed.length} failed\n`);
if (failed.length > 0) process.exit(1);
