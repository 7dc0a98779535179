/** Size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** How a picture was reduced before it was sent. */
export interface ImageScale {
  readonly original: PictureSize;
  readonly sent: PictureSize;
}

/** The largest size that a downsized picture may have: the model's input, or the default side for both. */
export function downsizingLimit(
  configuration: { readonly clientDownsizingDisabled: boolean; readonly defaultMaxInputSize: number },
  model: { readonly inputHeight: number | null; readonly inputWidth: number | null } | null,
): PictureSize | null {
  if (configuration.clientDownsizingDisabled) return null;
  const { inputHeight, inputWidth } = model ?? { inputHeight: null, inputWidth: null };
  if (inputHeight !== null && inputWidth !== null) return { width: inputWidth, height: inputHeight };
  const side = Math.max(1, configuration.defaultMaxInputSize);
  return { width: side, height: side };
}

/**
 * Fits a picture into a limit with its aspect ratio kept: both sides times `min(maxHeight/height, maxWidth/width)`,
 * rounded as OpenCV does, one pixel at least.
 *
 * @returns null when it fits already
 */
export function shrinkTo(picture: PictureSize, limit: PictureSize): ImageScale | null {
  const factor = Math.min(limit.height / picture.height, limit.width / picture.width);
  if (factor >= 1) return null;
  const side = (pixels: number): number => Math.max(1, Math.round(pixels * factor));
  return {
    original: { width: picture.width, height: picture.height },
    sent: { width: side(picture.width), height: side(picture.height) },
  };
}
