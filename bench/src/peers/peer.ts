import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { env, stderr } from "node:process";
import { fileURLToPath } from "node:url";
import { JsonProcess } from "../json-process.ts";
import { pythonEnvironment } from "../python-environment.ts";

/** An engine that ours is compared with: how it is installed, and the modules of `bench/python/peers` that drive it. */
export interface Peer {
  readonly title: string;
  /** Name of its Python environment. */
  readonly environment: string;
  /** Arguments of `pip install`, one list a call. */
  readonly installs: readonly (readonly string[])[];
  /** Writes the peer's own format; absent when it reads the checkpoint itself. */
  readonly convert?: string;
  readonly side: string;
}

const torch = "torch==2.13.0";

/** By the names of `--peer`. */
export const peers: Readonly<Record<string, Peer>> = {
  transformers: {
    title: "transformers 5.23.0",
    environment: "transformers-5.23.0",
    // Its own requirements would bring another torch.
    installs: [
      [torch, "transformers==5.23.0", "pillow", "numpy"],
      ["--no-deps", "torchvision==0.28.0"],
    ],
    side: "transformers_side",
  },
  llama: {
    title: "llama.cpp (llama-cpp-python 0.3.36), Q4_0",
    environment: "llama-cpp-python-0.3.36",
    installs: [["llama-cpp-python==0.3.36", "gguf==0.19.0", "numpy"]],
    convert: "llama_convert",
    side: "llama_side",
  },
  openvino: {
    title: "OpenVINO GenAI 2026.4.1, int4",
    environment: "openvino-genai-2026.4.1.0",
    // transformers 5 is refused by the export of this family.
    installs: [["openvino-genai==2026.4.1.0", "optimum-intel==2.2.0", "nncf==3.4.0", torch, "transformers==4.57.6"]],
    convert: "openvino_convert",
    side: "openvino_side",
  },
  genai: {
    title: "onnxruntime-genai 0.18.0, int4, text only",
    environment: "onnxruntime-genai-0.18.0",
    installs: [["onnxruntime-genai==0.18.0", torch, "transformers==5.5.4", "onnx-ir==1.1.0"]],
    convert: "genai_convert",
    side: "genai_side",
  },
};

/** A peer that is installed and whose model is written. */
export interface ReadyPeer {
  readonly python: string;
  readonly model: string;
}

const python = fileURLToPath(new URL("../../python/", import.meta.url));
const convertLimitMs = 45 * 60_000;

/**
 * Installs a peer and writes its model, both unless it was done before.
 *
 * @param folder keeps the model
 * @throws Error that says which step failed
 */
export async function preparePeer(name: string, checkpoint: string, folder: string): Promise<ReadyPeer> {
  const { environment, installs, convert } = peers[name]!;
  const interpreter = pythonEnvironment(environment, installs);
  if (convert === undefined) return { python: interpreter, model: checkpoint };
  const model = join(folder, `${name}-of-${checkpoint.split(/[/\\]/).at(-1)}`);
  if (!existsSync(model)) {
    stderr.write(`[bench] converting for ${name} to ${model}\n`);
    const part = `${model}.part`;
    await rm(part, { recursive: true, force: true });
    const begin = performance.now();
    runConverter(interpreter, convert, [checkpoint, part]);
    await rename(part, model);
    stderr.write(`[bench] … took ${((performance.now() - begin) / 1000).toFixed(0)} s\n`);
  }
  return { python: interpreter, model };
}

/** Starts a module of `bench/python/peers` that speaks the protocol of `serve.py`. */
export function startPython(interpreter: string, module: string, args: readonly string[]): JsonProcess {
  return new JsonProcess(interpreter, moduleArgs(module, args), pythonEnv());
}

function runConverter(interpreter: string, module: string, args: readonly string[]): void {
  const { status, signal, stderr, error } = spawnSync(interpreter, moduleArgs(module, args), {
    env: pythonEnv(),
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
    timeout: convertLimitMs,
    maxBuffer: 1 << 28,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${module} ended with ${signal ?? status}: ${stderr.trim().split("\n").at(-1)}`);
}

function moduleArgs(module: string, args: readonly string[]): string[] {
  return ["-m", `peers.${module}`, ...args];
}

function pythonEnv(): NodeJS.ProcessEnv {
  return { ...env, PYTHONPATH: env.PYTHONPATH === undefined ? python : `${python}${delimiter}${env.PYTHONPATH}` };
}
