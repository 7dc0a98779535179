import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/**
 * The Clarifai client and the Python client in turn against the real local runner: ms a unary call, chunks a second,
 * calls a second with 32 in flight. Needs `python3.11`; the first run installs the runner.
 *
 * @param args `--rounds N`, `--json`
 */
export async function runClarifai(args: string[]): Promise<void> {
  const script = fileURLToPath(new URL("../../packages/clarifai/peers/bench.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: "inherit" });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (code !== 0) throw new Error(`The benchmark ended with code ${String(code)}.`);
}
