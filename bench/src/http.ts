import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { stderr } from "node:process";
import { fileURLToPath } from "node:url";

/** Version of the npm client that the figures are compared with. */
const version = "6.49.0";

/**
 * The OpenAI client and the npm package `openai` in turn against a stub server in a process of its own: ms a call and
 * chunks a second. The first run installs the package into the cache folder (`OCELLUS_CACHE`).
 *
 * @param args `--rounds N`
 */
export async function runHttp(args: string[]): Promise<void> {
  const script = fileURLToPath(new URL("../../packages/openai/peers/bench.mjs", import.meta.url));
  const env = { ...process.env, OPENAI_NPM: process.env.OPENAI_NPM ?? folderWithClient() };
  const child = spawn(process.execPath, [script, ...args], { stdio: "inherit", env });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`The benchmark ended with code ${String(code)}.`);
}

function folderWithClient(): string {
  const cache = process.env.OCELLUS_CACHE ?? join(homedir(), ".cache", "ocellus");
  const folder = join(cache, "peers", `openai-npm-${version}`);
  const mark = join(folder, "ready");
  if (existsSync(mark)) return folder;
  stderr.write(`[bench] installing openai ${version} into ${folder}\n`);
  mkdirSync(folder, { recursive: true });
  const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, `openai@${version}`];
  const { status } = spawnSync("npm", install, { stdio: ["ignore", "ignore", "inherit"], timeout: 300_000 });
  if (status !== 0) throw new Error(`npm install openai@${version} ended with ${String(status)}.`);
  writeFileSync(mark, "");
  return folder;
}
