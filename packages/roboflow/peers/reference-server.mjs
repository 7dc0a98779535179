// Makes the reference server's Python environment once, and starts the server offline with the toy models.
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const version = "1.8.3";
const here = fileURLToPath(new URL(".", import.meta.url));

/** Python of the environment; `OCELLUS_CACHE` and `PYTHON` choose folder and interpreter. */
function python() {
  const folder = join(
    process.env.OCELLUS_CACHE ?? join(homedir(), ".cache", "ocellus"),
    "peers",
    `inference-cpu-${version}`,
  );
  const binary = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (existsSync(join(folder, "ready"))) return binary;
  process.stdout.write(`installing inference-cpu ${version} into ${folder} (once, some minutes)\n`);
  if (!existsSync(binary)) run(process.env.PYTHON ?? "python3", ["-m", "venv", folder]);
  run(binary, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", `inference-cpu[http]==${version}`]);
  writeFileSync(join(folder, "ready"), "");
  return binary;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${status}`);
}

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** A video of two minutes, so that a pipeline does not end before it is paused. */
const longVideo = `
import cv2, numpy, sys
writer = cv2.VideoWriter(sys.argv[1], cv2.VideoWriter_fourcc(*"mp4v"), 10, (64, 48))
for i in range(1200):
    writer.write(numpy.full((48, 64, 3), i % 250, numpy.uint8))
writer.release()`;

/** Starts the server; `stop()` ends it with everything that it started. */
export async function startReferenceServer(fixtures) {
  const binary = python();
  const folder = mkdtempSync(join(tmpdir(), "ocellus-roboflow-"));
  for (const part of ["static", "_next/static"])
    mkdirSync(join(folder, "inference", "landing", "out", part), { recursive: true });
  cpSync(join(fixtures, "models"), folder, { recursive: true });
  run(binary, ["-c", longVideo, join(folder, "long.mp4")]);
  const port = await freePort();
  const log = [];
  const server = spawn(binary, [join(here, "server.py"), String(port)], {
    cwd: folder,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      OFFLINE_MODE: "True",
      ALLOW_INFERENCE_MODELS_DIRECTLY_ACCESS_LOCAL_PACKAGES: "True",
      ENABLE_STREAM_API: "True",
      MODEL_CACHE_DIR: join(folder, "cache"),
      TELEMETRY_OPT_OUT: "True",
      METRICS_ENABLED: "False",
      DISABLE_VERSION_CHECK: "True",
      LOG_LEVEL: "ERROR",
    },
  });
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (data) => log.push(String(data)));
  const stop = () => {
    try {
      process.kill(-server.pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let wait = 0; wait < 720 && server.exitCode === null; wait++) {
    const isUp = await fetch(`${url}/info`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (isUp) return { url, folder, stop };
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  stop();
  throw new Error(`The reference server did not start:\n${log.join("").slice(-4000)}`);
}
