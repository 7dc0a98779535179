import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { pythonEnvironment } from "./python-environment.ts";

/** Version of the Python client that the figures are compared with. */
const version = "1.8.3";

/** The Python of an environment with `inference-sdk`, which is made when it is missing (`OCELLUS_CACHE`, `PYTHON`). */
export function pythonWithSdk(): string {
  return pythonEnvironment(`inference-sdk-${version}`, [[`inference-sdk==${version}`]]);
}

/** Runs the Python side once and returns what it prints. */
export function timePython(python: string, url: string, folder: string, counts: object): unknown {
  const script = fileURLToPath(new URL("../python/roboflow.py", import.meta.url));
  return JSON.parse(run(python, [script, url, folder, JSON.stringify(counts)]));
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, error } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, INFERENCE_WARNINGS_DISABLED: "true" },
    timeout: 15 * 60_000,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}.`);
  return stdout;
}
