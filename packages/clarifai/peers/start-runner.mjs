import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Longest time until a server listens. */
const startTimeoutMs = 60_000;

/** Starts the recorded test server on a free port; it ends with this process. */
export async function startRunner(python, args) {
  const folder = fileURLToPath(new URL("../../../fixtures/clarifai/server", import.meta.url));
  const server = spawn(python, ["serve.py", ...args, "--port", "0", "--exit-with-stdin"], {
    cwd: folder,
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1", CLARIFAI_PAT: "", CLARIFAI_USER_ID: "" },
    // The runner prints a traceback for every error that a case provokes.
    stdio: ["pipe", "pipe", process.env.OCELLUS_PEERS_VERBOSE === undefined ? "ignore" : "inherit"],
  });
  const exited = new Promise((resolve) => server.once("exit", resolve));
  const port = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the runner did not start")), startTimeoutMs);
    server.once("error", reject);
    server.once("exit", (code) => reject(new Error(`the runner ended with code ${code}`)));
    createInterface({ input: server.stdout }).on("line", (line) => {
      if (!line.startsWith("{")) return;
      clearTimeout(timer);
      resolve(JSON.parse(line).port);
    });
  });
  const stop = async () => {
    server.stdin.end();
    const timer = setTimeout(() => server.kill("SIGKILL"), 5000);
    await exited;
    clearTimeout(timer);
  };
  return { port, stop };
}
