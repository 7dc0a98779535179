export { type DecodeOptions, decodeImage, pictureFromPixels, type RawPixels } from "./image/decode-image.ts";
export { detectImageFormat, type ImageFormat } from "./image/detect-image-format.ts";
export type { Picture } from "./image/picture.ts";
export { defaultMaxPixels } from "./image/picture-size-limit.ts";
export type { ResampleFilterName } from "./image/resample-filter.ts";
export { resamplePillow } from "./image/resample-pillow.ts";
