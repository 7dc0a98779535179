import type { VisionErrorJson } from "@ocellus/core";
import type { PrecisionPlan } from "../checkpoint/precision.ts";
import type { EngineOptions } from "../engine-options.ts";
import type { DataPiece } from "../onnx/data-piece.ts";

/** What a converting thread is started with: everything that it needs to build the same graphs. */
export interface ConverterStart {
  /** Absolute path of the checkpoint. */
  readonly folder: string;
  /** Absolute path of the adapter that is merged into it. */
  readonly adapter?: string | undefined;
  /** What the model is opened with. */
  readonly options: EngineOptions;
  readonly plan: PrecisionPlan;
}

/** To a converting thread. It writes one piece at a time. */
export type ConverterCommand =
  | { readonly type: "write"; readonly piece: DataPiece; readonly folder: string }
  | { readonly type: "abort" }
  | { readonly type: "close" };

/** From a converting thread. An error of the file system or of the language crosses with its code. */
export type ConverterEvent =
  | { readonly type: "progress"; readonly writtenBytes: number }
  | { readonly type: "written"; readonly sha256: string }
  | { readonly type: "failed"; readonly error: VisionErrorJson }
  | { readonly type: "failed-otherwise"; readonly message: string; readonly code?: string | undefined };
