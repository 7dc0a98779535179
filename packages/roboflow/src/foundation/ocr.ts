import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import type { ImagesInput } from "../images/image-input.ts";
import { unwrapSingle } from "../infer/run-batches.ts";
import type { OcrResult } from "../results/foundation-results.ts";
import type { CallOptions, ClientState } from "../transport/client-state.ts";
import { askAboutImages } from "./foundation-request.ts";

/** Models that read text, and their endpoints. */
const endpoints: Readonly<Record<string, string>> = {
  doctr: "/doctr/ocr",
  trocr: "/ocr/trocr",
  easy_ocr: "/easy_ocr/ocr",
  pp_ocr: "/ocr/pp-ocr",
};

/** Options of `ocrImage`. */
export interface OcrOptions extends CallOptions {
  /** Default `doctr`; case does not matter. */
  readonly model?: "doctr" | "trocr" | "easy_ocr" | "pp_ocr" | (string & {}) | undefined;
  /** Version of the model, such as `trocr-base-printed` or `english_g2`. */
  readonly version?: string | undefined;
  /** Smaller and faster weights (EasyOCR). */
  readonly quantize?: boolean | undefined;
  /** Also return the places of the words. */
  readonly generateBoundingBoxes?: boolean | undefined;
  /** Languages to look for, as `["en", "de"]` (EasyOCR). */
  readonly languageCodes?: readonly string[] | undefined;
}

/** Names of {@link OcrOptions}. */
export const ocrOptionNames: readonly string[] = [
  "model",
  "version",
  "quantize",
  "generateBoundingBoxes",
  "languageCodes",
];

/** @throws InvalidParameterError for an unknown model */
export async function ocrImage(
  state: ClientState,
  images: ImagesInput,
  options: OcrOptions,
  call: CallOptions,
): Promise<OcrResult | OcrResult[]> {
  const model = (options.model ?? "doctr").toLowerCase();
  const path = Object.hasOwn(endpoints, model) ? endpoints[model] : undefined;
  if (path === undefined) {
    throw new InvalidParameterError(
      `options.model ${JSON.stringify(options.model)} is no OCR model; known are ${Object.keys(endpoints).join(", ")}.`,
    );
  }
  const { version, quantize, generateBoundingBoxes, languageCodes } = options;
  const body = {
    [`${model}_version_id`]: version,
    quantize,
    generate_bounding_boxes: generateBoundingBoxes,
    language_codes: languageCodes,
  };
  return unwrapSingle(await askAboutImages(state, images, { path, body, batches: "one" }, call)) as OcrResult;
}
