/**
 * Entry point of a model's worker thread. Everything of a local model happens here, so that the main thread never
 * waits for a graph: reading and converting weights, decoding pictures, running, choosing tokens.
 */
import { parentPort, workerData } from "node:worker_threads";
import { ModelLoadError, toVisionError, VisionError, type VisionErrorJson } from "@ocellus/core";
import { guardNativeCalls } from "./exit-guard.ts";
import type { LocalEngine } from "./local-engine.ts";
import { openEngine } from "./open-engine.ts";
import type { WorkerCommand, WorkerData, WorkerEvent } from "./worker-protocol.ts";

guardNativeCalls((workerData as WorkerData).exitGuard);
const port = parentPort!;
const send = (event: WorkerEvent): void => port.postMessage(event);
const errorJson = (thrown: unknown): VisionErrorJson => toVisionError(thrown).toJSON();

/** What is no typed error yet comes from a file whose content nobody foresaw. */
function loadError(thrown: unknown, checkpoint: string): VisionError {
  if (VisionError.isInstance(thrown)) return thrown;
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new ModelLoadError(`The checkpoint ${checkpoint} could not be loaded: ${reason}`, { cause: thrown });
}

/** One controller for each running answer, and one for the loading. */
const controllers = new Map<number | "load", AbortController>();

async function load(): Promise<LocalEngine | undefined> {
  const { checkpoint, options } = workerData as WorkerData;
  const controller = new AbortController();
  controllers.set("load", controller);
  const log = (level: "debug" | "info" | "warn" | "error") => (message: string) =>
    send({ type: "log", level, message });
  try {
    const engine = await openEngine(checkpoint, options, {
      signal: controller.signal,
      onProgress: (event) => send({ type: "progress", event }),
      logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    });
    send({ type: "loaded", info: engine.info });
    return engine;
  } catch (thrown) {
    send({ type: "load-failed", error: loadError(thrown, checkpoint).toJSON() });
    return undefined;
  } finally {
    controllers.delete("load");
  }
}

const loading = load();

async function answer(command: Extract<WorkerCommand, { type: "answer" }>): Promise<void> {
  const { id, request, streaming } = command;
  const engine = await loading;
  if (engine === undefined) return;
  const controller = new AbortController();
  controllers.set(id, controller);
  const onText = streaming ? (delta: string): void => send({ type: "text", id, delta }) : (): void => undefined;
  try {
    send({ type: "answered", id, answer: await engine.answer(request, { signal: controller.signal, onText }) });
  } catch (thrown) {
    send({ type: "failed", id, error: errorJson(thrown) });
  } finally {
    controllers.delete(id);
  }
}

async function close(): Promise<void> {
  for (const controller of controllers.values()) controller.abort();
  const engine = await loading;
  await engine?.close();
  send({ type: "closed" });
  port.close();
}

port.on("message", async (command: WorkerCommand) => {
  if (command.type === "answer") await answer(command);
  else if (command.type === "abort") controllers.get(command.id)?.abort();
  else await close();
});
