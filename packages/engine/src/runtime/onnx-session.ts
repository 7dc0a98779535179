import { stat } from "node:fs/promises";
import { GenerationError, MissingDependencyError, ModelLoadError } from "@ocellus/core";
import type * as Ort from "onnxruntime-node";
import { nativeCall } from "./exit-guard.ts";
import type { Feeds } from "./host-tensor.ts";

/** One graph loaded into ONNX Runtime. `run` blocks the calling thread while it computes, unless it is aside. */
export interface OnnxSession {
  /** True where the graph has a thread of its own. */
  readonly isAside?: boolean;
  /** Runs the graph; every output is returned as float32 data of its own. */
  run(feeds: Feeds): Promise<Readonly<Record<string, Float32Array>>>;
  /** Frees the weights. */
  release(): Promise<void>;
}

/** Loaded once, and only when a model is. */
async function loadRuntime(): Promise<typeof Ort> {
  // The binary of onnxruntime-node 1.30 reports to its makers unless told not to, and its reporting code overflows the
  // stack on a long command line. A value that the user has set counts.
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    throw new MissingDependencyError(
      "onnxruntime-node could not be loaded, and local models need it. Install it with: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
      {
        packageName: "onnxruntime-node",
        installHint: "ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node",
        cause,
      },
    );
  }
}

/** Weights of a graph whose operators last long enough for threads that wait to be worth their time. */
const largeBytes = 64 * 2 ** 20;

/** Whether a written graph works long enough to be worth the time of threads that wait, for it or within it. */
export async function isLargeGraph(path: string): Promise<boolean> {
  const { size } = await stat(path.replace(/\.onnx$/, ".data")).catch(() => ({ size: 0 }));
  return size >= largeBytes;
}

/**
 * How threads share the work of an operator and wait for the next one. Between two runs they never keep a processor busy:
 * they would take it from the other sessions, the sampler, and everybody else. Within a run of a small graph they would
 * wait more than they work (measured: folders of a tiny checkpoint 1.2–2.4× faster without, on busy cores). Operators
 * of a large graph are cut into pieces that get smaller, so that a thread whose processor was taken away does not keep
 * the others waiting (at the shape of Qwen2.5-VL-3B on a shared machine steps of 4 and 8 tokens were 6–17 % faster,
 * prompts 4–5 %; 4 instead of 2 did less).
 */
async function threadManners(path: string): Promise<Record<string, unknown>> {
  return (await isLargeGraph(path))
    ? { force_spinning_stop: "1", dynamic_block_base: "2" }
    : { intra_op: { allow_spinning: "0" } };
}

/**
 * Opens a written graph on the CPU.
 *
 * @param path the `.onnx` file; its external data file lies beside it
 * @param options.threads threads that one operator may use
 * @throws ModelLoadError when ONNX Runtime refuses the file, MissingDependencyError when it is not installed
 */
export async function openSession(path: string, options: { readonly threads: number }): Promise<OnnxSession> {
  const ort = await loadRuntime();
  const manners = await threadManners(path);
  let session: Ort.InferenceSession;
  try {
    session = await nativeCall(() =>
      ort.InferenceSession.create(path, {
        executionProviders: ["cpu"],
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        // Failures are thrown; ONNX Runtime need not print them as well.
        logSeverityLevel: 4,
        // Shapes change from call to call, so a recorded allocation pattern would only hold memory.
        enableMemPattern: false,
        extra: { session: manners },
      }),
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new ModelLoadError(`ONNX Runtime could not load ${path}: ${reason}`, { cause });
  }
  return {
    run: async (feeds) => {
      const inputs: Record<string, Ort.Tensor> = {};
      for (const [name, { type, dims, data }] of Object.entries(feeds)) {
        inputs[name] = new ort.Tensor(type, data as Float32Array, dims);
      }
      try {
        const outputs = await nativeCall(() => session.run(inputs));
        return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.data as Float32Array]));
      } catch (cause) {
        const reason = cause instanceof Error ? cause.message : String(cause);
        throw new GenerationError(`The model's graph failed while running: ${reason}`, { cause });
      }
    },
    release: () => session.release(),
  };
}
