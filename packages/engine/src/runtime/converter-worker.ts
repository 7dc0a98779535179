/**
 * Entry point of a thread that converts weights. It opens the checkpoint by itself, builds the same graphs as the thread
 * that started it, and writes the pieces that it is told to their places in the files.
 */
import { parentPort, workerData } from "node:worker_threads";
import { VisionError } from "@ocellus/core";
import { type ModelCheckpoint, openModelCheckpoint } from "../checkpoint/model-checkpoint.ts";
import { openFamily } from "../families/open-family.ts";
import type { PieceWriter } from "../onnx/data-piece.ts";
import { createPieceWriter } from "../onnx/write-piece.ts";
import type { ConverterCommand, ConverterEvent, ConverterStart } from "./converter-protocol.ts";
import { planGraphs } from "./plan-graphs.ts";

const port = parentPort!;
const send = (event: ConverterEvent): void => port.postMessage(event);
const { folder, adapter, options, plan } = workerData as ConverterStart;

interface Opened {
  readonly checkpoint: ModelCheckpoint;
  readonly writer: PieceWriter;
}

async function open(): Promise<Opened> {
  const checkpoint = await openModelCheckpoint(folder, { adapter });
  try {
    const model = await openFamily(checkpoint, options);
    return { checkpoint, writer: createPieceWriter({ ...planGraphs(model, plan) }) };
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
}

const opening = open();
// Reported for the first piece.
opening.catch(() => undefined);
let controller = new AbortController();
let writing: Promise<void> = Promise.resolve();

async function write({ piece, folder }: Extract<ConverterCommand, { type: "write" }>): Promise<void> {
  controller = new AbortController();
  try {
    const { writer } = await opening;
    const onWritten = (writtenBytes: number): void => send({ type: "progress", writtenBytes });
    send({ type: "written", sha256: await writer.write(piece, { folder, signal: controller.signal, onWritten }) });
  } catch (thrown) {
    send(failure(thrown));
  }
}

function failure(thrown: unknown): ConverterEvent {
  if (VisionError.isInstance(thrown)) return { type: "failed", error: thrown.toJSON() };
  if (!(thrown instanceof Error)) return { type: "failed-otherwise", message: String(thrown) };
  return { type: "failed-otherwise", message: thrown.message, code: (thrown as NodeJS.ErrnoException).code };
}

async function close(): Promise<void> {
  controller.abort();
  await writing;
  await opening.then(({ checkpoint }) => checkpoint.close()).catch(() => undefined);
  port.close();
}

port.on("message", (command: ConverterCommand) => {
  if (command.type === "write") writing = write(command);
  else if (command.type === "abort") controller.abort();
  else void close();
});
