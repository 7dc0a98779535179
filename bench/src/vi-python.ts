import { delimiter, dirname } from "node:path";
import { env } from "node:process";
import { fileURLToPath } from "node:url";
import { JsonProcess } from "./json-process.ts";
import { pythonEnvironment } from "./python-environment.ts";

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

const limitMs = 10 * 60_000;

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
  close(): Promise<void>;
}

/**
 * Starts the Vi SDK with a checkpoint, in an environment that is made when it is missing (`OCELLUS_CACHE`, `PYTHON`).
 *
 * @param threads of torch; one was fastest for tiny checkpoints
 */
export async function startViPython(checkpoint: string, threads: string): Promise<ViPython> {
  const script = fileURLToPath(new URL("../python/answer_with_vi.py", import.meta.url));
  // The SDK's own requirements would bring another torch with torchvision.
  const python = pythonEnvironment("vi-sdk-0.1.0b7", [packages, ["--no-deps", "torchvision==0.28.0"]]);
  // It runs `uv` from PATH while it is imported, to install what one of its architectures needs.
  const path = `${dirname(python)}${delimiter}${env.PATH}`;
  const child = new JsonProcess(python, [script, checkpoint], {
    ...env,
    PATH: path,
    VIRTUAL_ENV: dirname(dirname(python)),
    OMP_NUM_THREADS: threads,
  });
  await child.next(limitMs);
  return {
    answer: async (request) => {
      const { seconds, error } = (await child.ask(request, limitMs)) as PythonLine;
      if (error != null) throw new Error(`The Vi SDK failed: ${error}`);
      return seconds!;
    },
    close: () => child.close(),
  };
}

interface PythonLine {
  readonly seconds?: number;
  readonly error?: string | null;
}
