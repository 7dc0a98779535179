import type { Picture } from "../image/picture.ts";

/** One decoded frame of a video. */
export interface VideoFrame {
  /** Place in the video, from 0, in the order in which frames are shown. */
  readonly index: number;
  readonly picture: Picture;
}

/** What is known of a video before a frame is decoded. */
export interface VideoFacts {
  /** Size of an upright frame in pixels: a rotation that the file asks for is already applied. */
  readonly width: number;
  readonly height: number;
  /**
   * Frames that are stored, counted in the file itself and not taken from its header. Damaged ones among them may not
   * decode.
   */
  readonly frameCount: number;
  /** Average frames per second. */
  readonly fps: number;
  /** `frameCount / fps`. */
  readonly durationSeconds: number;
}

/** An open video. Holds a temporary file or a decoder, so close it (`close()` or `await using`). */
export interface VideoReader extends VideoFacts, AsyncDisposable {
  /**
   * Decodes the frames at the given places, one after the other, and holds no more than one of them. Leaving the loop
   * stops the decoder. Frames that the file promises but does not hold are left out.
   *
   * @param indices ascending places, each within 0…frameCount − 1
   * @throws InvalidArgumentError for other indices; UnsupportedMediaError when none of the frames can be decoded
   * @throws AbortedError, TimeoutError
   */
  frames(indices: readonly number[]): AsyncGenerator<VideoFrame, void, undefined>;
  /** Stops every decoding that runs and removes what the reader put on the disk. */
  close(): Promise<void>;
}
