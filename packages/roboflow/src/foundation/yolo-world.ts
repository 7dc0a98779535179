import type { ImagesInput } from "../images/image-input.ts";
import type { ObjectDetectionResult } from "../results/task-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages } from "./foundation-request.ts";

/** Options of `inferFromYoloWorld`. */
export interface YoloWorldOptions extends CallOptions {
  /** What to look for, in words. */
  readonly classNames: readonly string[];
  /** `s`, `m`, `l`, `x`, `v2-s`, …; default of the server `l`. */
  readonly modelVersion?: string | undefined;
  /** Smallest confidence, 0 to 1. */
  readonly confidence?: number | undefined;
}

/** Names of {@link YoloWorldOptions}. */
export const yoloWorldOptionNames: readonly string[] = ["classNames", "modelVersion", "confidence"];

/** Detects objects by words; always a list, one result a picture. */
export async function inferFromYoloWorld(
  state: ClientState,
  images: ImagesInput,
  { classNames, modelVersion, confidence }: YoloWorldOptions,
  call: CallOptions,
): Promise<ObjectDetectionResult[]> {
  const body = { text: classNames, yolo_world_version_id: modelVersion, confidence };
  const request = { path: "/yolo_world/infer", body, batches: "one" } as const;
  return (await askAboutImages(state, images, request, call)) as unknown as ObjectDetectionResult[];
}
