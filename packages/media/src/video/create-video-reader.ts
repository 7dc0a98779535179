import { DisposedError, InvalidArgumentError } from "@ocellus/core";
import type { VideoFacts, VideoFrame, VideoReader } from "./video-reader.ts";

/** The part of a reader that differs from backend to backend. */
export interface FrameSource {
  /** Decodes frames; the indices are checked, and there is at least one. */
  frames(indices: readonly number[]): AsyncIterable<VideoFrame>;
  /** Ends running decodings and removes temporary files. */
  close(): Promise<void>;
}

/** Makes a reader that checks its indices and refuses to go on once it is closed. */
export function createVideoReader(facts: VideoFacts, label: string, source: FrameSource): VideoReader {
  const { width, height, frameCount, fps, durationSeconds } = facts;
  let closing: Promise<void> | undefined;
  const assertOpen = (): void => {
    if (closing !== undefined) throw new DisposedError(`The video ${label} was closed. Open it again to read frames.`);
  };
  const close = async (): Promise<void> => {
    closing ??= source.close();
    await closing;
  };
  return {
    ...{ width, height, frameCount, fps, durationSeconds },
    async *frames(indices) {
      assertFrameIndices(indices, frameCount);
      assertOpen();
      if (indices.length === 0) return;
      try {
        for await (const frame of source.frames(indices)) {
          assertOpen();
          yield frame;
        }
      } catch (error) {
        assertOpen();
        throw error;
      }
      assertOpen();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** @throws InvalidArgumentError when indices do not ascend or leave 0…frameCount − 1 */
function assertFrameIndices(indices: readonly number[], frameCount: number): void {
  let previous = -1;
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= previous || index >= frameCount) {
      throw new InvalidArgumentError(
        `Frame indices must be whole numbers, ascend and lie within 0–${frameCount - 1}; got ${index} after ${previous}.`,
      );
    }
    previous = index;
  }
}
