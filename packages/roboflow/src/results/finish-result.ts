import type { Picture } from "@ocellus/media";
import type { VisualisationFormat } from "../configuration/inference-configuration-fields.ts";
import type { ImageScale } from "../images/image-scale.ts";
import type { JsonObject } from "../transport/read-json.ts";
import { checkResult } from "./check-result.ts";
import { decodeVisualisation } from "./decode-visualisation.ts";
import { readAnomalyMap } from "./float-map.ts";
import { rescalePrediction } from "./rescale-prediction.ts";

/** A result whose picture and anomaly map may have been decoded. */
export type FinishedResult = JsonObject & { visualization?: string | Picture };

/**
 * Completes one result of `infer`: checked, in the pixels of the original, visualisation and anomaly map decoded.
 *
 * @throws InvalidResponseError for fields of the wrong type; EncodingError for a damaged visualisation
 */
export async function finishResult(
  result: unknown,
  scale: ImageScale | null,
  format: VisualisationFormat,
  path: string,
): Promise<FinishedResult> {
  const finished: JsonObject = { ...rescalePrediction(checkResult(result, path), scale) };
  if (typeof finished.visualization === "string") {
    finished.visualization = await decodeVisualisation(finished.visualization, format);
  }
  if (finished.anomaly_map !== undefined && finished.anomaly_map !== null) {
    finished.anomaly_map = readAnomalyMap(finished.anomaly_map, path);
  }
  return finished as FinishedResult;
}
