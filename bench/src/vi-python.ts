import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { stderr } from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Releases that the specification's figures were measured with. */
const packages = [
  "vi-sdk==0.1.0b7",
  "torch==2.13.0",
  "transformers==5.23.0",
  "accelerate==1.15.0",
  "peft==0.21.2",
  "xgrammar==0.2.8",
  "pydantic",
  "av",
  "numpy",
];

/** One request, for either side. */
export interface ViRequest {
  readonly source: string | readonly string[];
  readonly prompt: string;
  readonly task: "generic" | "vqa" | "phrase-grounding";
  /** Cap of the answer in tokens. */
  readonly tokens: number;
  readonly cot?: boolean;
}

/** A running Python process with the Vi SDK and a loaded checkpoint. */
export interface ViPython {
  /** Seconds of a request, inside Python. */
  answer(request: ViRequest): Promise<number>;
  close(): void;
}

/**
 * Starts the Vi SDK with a checkpoint, in an environment that is made when it is missing (`OCELLUS_CACHE`, `PYTHON`).
 *
 * @param threads of torch; one was fastest for tiny checkpoints
 */
export async function startViPython(checkpoint: string, threads: string): Promise<ViPython> {
  const script = fileURLToPath(new URL("../python/answer_with_vi.py", import.meta.url));
  const python = pythonWithVi();
  // The SDK runs `uv` from PATH while it is imported, to install what one of its architectures needs.
  const path = `${dirname(python)}${delimiter}${process.env.PATH}`;
  const child = spawn(python, [script, checkpoint], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, PATH: path, VIRTUAL_ENV: dirname(dirname(python)), OMP_NUM_THREADS: threads },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await nextAnswer(child, lines);
  return {
    answer: async (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      const { seconds, error } = await nextAnswer(child, lines);
      if (error != null) throw new Error(`The Vi SDK failed: ${error}`);
      return seconds!;
    },
    close: () => void child.kill(),
  };
}

interface PythonLine {
  readonly seconds?: number;
  readonly error?: string | null;
}

async function nextAnswer(child: ChildProcess, lines: AsyncIterator<string>): Promise<PythonLine> {
  const line = await lines.next();
  if (line.done === true) {
    if (child.exitCode === null) await once(child, "exit");
    throw new Error(`The Python process ended with ${child.exitCode}.`);
  }
  return JSON.parse(line.value) as PythonLine;
}

function pythonWithVi(): string {
  const cache = process.env.OCELLUS_CACHE ?? join(homedir(), ".cache", "ocellus");
  const folder = join(cache, "peers", packages[0]!.replace("==", "-"));
  const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  const ready = join(folder, "ready");
  if (existsSync(ready)) return python;
  stderr.write(`[bench] installing ${packages[0]} into ${folder}\n`);
  run(process.env.PYTHON ?? "python3", ["-m", "venv", "--clear", folder]);
  const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  run(python, [...install, ...packages]);
  // Its own requirements would bring another torch.
  run(python, [...install, "--no-deps", "torchvision==0.28.0"]);
  run(python, ["-c", `open(${JSON.stringify(ready)}, "w").close()`]);
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status, error } = spawnSync(command, args, { stdio: ["ignore", "ignore", "inherit"], timeout: 15 * 60_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} ${args[0]} ended with ${status}.`);
}
