import { basename } from "node:path";
import { DisposedError, errorFromJson, GenerationError, ModelLoadError, type VisionError } from "@ocellus/core";
import { sharedExitGuard } from "./exit-guard.ts";
import type { Feeds, HostTensor } from "./host-tensor.ts";
import type { OnnxSession } from "./onnx-session.ts";
import type { SessionCommand, SessionEvent, SessionStart } from "./session-protocol.ts";
import { startThread } from "./start-thread.ts";

type Outputs = Awaited<ReturnType<OnnxSession["run"]>>;

interface Waiting {
  readonly resolve: (outputs: Outputs) => void;
  readonly reject: (error: VisionError) => void;
}

/**
 * Opens a written graph in a thread of its own: neither the opening nor a run blocks the calling thread. The thread ends
 * with `release`, after the runs that were asked for, and with the thread that opened it.
 *
 * @param path the `.onnx` file; its external data file lies beside it
 * @param options.threads threads that one operator may use
 * @throws ModelLoadError when ONNX Runtime refuses the file or the thread breaks down, MissingDependencyError when it is
 *   not installed; runs reject with what the graph throws, or with DisposedError when the thread has ended
 */
export async function openSessionThread(path: string, options: { readonly threads: number }): Promise<OnnxSession> {
  const start: SessionStart = { path, threads: options.threads, exitGuard: sharedExitGuard() };
  const worker = startThread("session-worker", start);
  /** The opening, then runs, in the order in which the thread reports what came of them. */
  const waiting: Waiting[] = [];
  let isOpen = false;
  let ended: VisionError | undefined;
  const end = (error: VisionError): void => {
    ended ??= error;
    for (const { reject } of waiting.splice(0)) reject(ended);
  };
  const nextOutputs = (): Promise<Outputs> =>
    new Promise((resolve, reject) => {
      if (ended === undefined) waiting.push({ resolve, reject });
      else reject(ended);
    });

  worker.on("message", (event: SessionEvent) => {
    const { resolve, reject } = waiting.shift()!;
    if (event.type === "done") resolve(event.outputs);
    else reject(errorFromJson(event.error));
  });
  worker.on("error", (cause) => {
    const message = `The thread of the graph ${basename(path)} failed: ${cause.message}`;
    end(isOpen ? new GenerationError(message, { cause }) : new ModelLoadError(message, { cause }));
  });
  const exited = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      end(new DisposedError(`The thread of the graph ${basename(path)} has ended. Load the model again.`));
      resolve();
    });
  });

  await nextOutputs();
  isOpen = true;
  const send = (command: SessionCommand, transfer: readonly ArrayBuffer[] = []): void =>
    worker.postMessage(command, transfer);
  return {
    isAside: true,
    run: async (feeds) => {
      const copy = ownCopy(feeds);
      send(
        { type: "run", feeds: copy },
        Object.values(copy).map(({ data }) => data.buffer as ArrayBuffer),
      );
      return nextOutputs();
    },
    release: async () => {
      send({ type: "release" });
      await exited;
    },
  };
}

/**
 * Tensors in memory of their own, to be given away: those of the caller may be views of memory that others use, and
 * copying takes next to nothing beside the run (5 MB of pixels for a 448×448 picture).
 */
function ownCopy(feeds: Feeds): Feeds {
  const copy = ({ type, dims, data }: HostTensor): HostTensor => ({ type, dims, data: data.slice() }) as HostTensor;
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, copy(tensor)]));
}
