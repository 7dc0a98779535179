import type { Answer, AnswerRequest, ModelInfo, ProgressEvent, VisionErrorJson } from "@ocellus/core";
import type { EngineOptions } from "../engine-options.ts";
import type { ExitGuardState } from "./exit-guard.ts";

/** What the worker thread is started with. */
export interface WorkerStart {
  /** Path of a folder, or a Hub id. */
  readonly checkpoint: string;
  readonly options: EngineOptions;
}

/** What the thread receives: the start, and the state of its exit guard. */
export interface WorkerData extends WorkerStart {
  readonly exitGuard: ExitGuardState;
}

/** From the main thread to the worker. `id` numbers the answers; `load` stands for the loading of the model. */
export type WorkerCommand =
  | { readonly type: "answer"; readonly id: number; readonly request: AnswerRequest; readonly streaming: boolean }
  | { readonly type: "abort"; readonly id: number | "load" }
  | { readonly type: "close" };

/** From the worker to the main thread. */
export type WorkerEvent =
  | { readonly type: "progress"; readonly event: ProgressEvent }
  | { readonly type: "log"; readonly level: "debug" | "info" | "warn" | "error"; readonly message: string }
  | { readonly type: "loaded"; readonly info: ModelInfo }
  | { readonly type: "load-failed"; readonly error: VisionErrorJson }
  | { readonly type: "text"; readonly id: number; readonly delta: string }
  | { readonly type: "answered"; readonly id: number; readonly answer: Answer }
  | { readonly type: "failed"; readonly id: number; readonly error: VisionErrorJson }
  | { readonly type: "closed" };
