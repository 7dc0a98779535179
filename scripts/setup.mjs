// Installs what is missing and builds, so that `npm start` and `npm test` work on a fresh clone.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const installed = `${root}node_modules/.package-lock.json`;
const wanted = `${root}package-lock.json`;

/** Runs npm or node quietly enough to read, and ends this process when it fails. */
function run(step, command, args) {
  process.stderr.write(`[setup] ${step}\n`);
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", process.stderr, process.stderr],
    shell: process.platform === "win32",
    // Both packages work without what their install scripts would download.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip", SKIP_FFMPEG: "true" },
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  run("installing packages (npm ci)", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}
run("building (tsc -b)", process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-b"]);
