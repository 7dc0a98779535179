import type { VisionErrorJson } from "@ocellus/core";
import type { ExitGuardState } from "./exit-guard.ts";
import type { Feeds } from "./host-tensor.ts";

/** What the thread of a graph is started with. */
export interface SessionStart {
  /** The `.onnx` file. */
  readonly path: string;
  readonly threads: number;
  /** The guard of the engine that the graph belongs to, if it has one. */
  readonly exitGuard: ExitGuardState | undefined;
}

/** To the thread of a graph. */
export type SessionCommand = { readonly type: "run"; readonly feeds: Feeds } | { readonly type: "release" };

/** From the thread of a graph: one for its opening, without outputs, then one for each run, in order. */
export type SessionEvent =
  | { readonly type: "done"; readonly outputs: Readonly<Record<string, Float32Array>> }
  | { readonly type: "failed"; readonly error: VisionErrorJson };
