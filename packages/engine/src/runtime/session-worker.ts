/** Entry point of a thread that holds one graph and does nothing but run it. */
import { parentPort, workerData } from "node:worker_threads";
import { toVisionError } from "@ocellus/core";
import { guardNativeCalls } from "./exit-guard.ts";
import { openSession } from "./onnx-session.ts";
import type { SessionCommand, SessionEvent, SessionStart } from "./session-protocol.ts";

const { path, threads, exitGuard } = workerData as SessionStart;
if (exitGuard !== undefined) guardNativeCalls(exitGuard);
const port = parentPort!;

/** Sends what comes of some work; outputs are given away. */
async function report(work: () => Promise<Readonly<Record<string, Float32Array>>>): Promise<void> {
  try {
    const outputs = await work();
    const event: SessionEvent = { type: "done", outputs };
    port.postMessage(
      event,
      Object.values(outputs).map(({ buffer }) => buffer as ArrayBuffer),
    );
  } catch (thrown) {
    port.postMessage({ type: "failed", error: toVisionError(thrown).toJSON() } satisfies SessionEvent);
  }
}

// Without a listener, after a failed opening, the thread ends.
await report(async () => {
  const session = await openSession(path, { threads });
  let last = Promise.resolve();
  port.on("message", (command: SessionCommand) => {
    if (command.type === "run") last = last.then(() => report(() => session.run(command.feeds)));
    else last = last.then(() => session.release()).finally(() => port.close());
  });
  return {};
});
