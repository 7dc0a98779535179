import type { Picture } from "@ocellus/media";
import type { VisualisationFormat } from "../configuration/inference-configuration-fields.ts";
import { decodeVisualisation } from "../results/decode-visualisation.ts";
import { isJsonObject } from "../transport/read-json.ts";

/** One output of a workflow: JSON in which pictures may have been decoded. */
export type WorkflowOutput = Readonly<Record<string, unknown>>;

/** True for a picture in an output: `{ type: "base64", value }`. */
export const isWorkflowImage = (value: unknown): boolean => isJsonObject(value) && value.type === "base64";

/**
 * Replaces every picture inside the outputs, at any depth, by its base64 text or its pixels. `raw` leaves them with
 * their metadata (frame number, parent), which the other forms drop.
 *
 * @throws EncodingError for a picture that cannot be decoded
 */
export async function decodeOutputs(value: unknown, format: VisualisationFormat): Promise<unknown> {
  if (format === "raw") return value;
  if (Array.isArray(value)) return await Promise.all(value.map((entry) => decodeOutputs(entry, format)));
  if (!isJsonObject(value)) return value;
  if (isWorkflowImage(value) && typeof value.value === "string") return await decodePicture(value.value, format);
  const entries = Object.entries(value).map(async ([key, entry]) => [key, await decodeOutputs(entry, format)] as const);
  return Object.fromEntries(await Promise.all(entries));
}

const decodePicture = (text: string, format: VisualisationFormat): Promise<string | Picture> =>
  decodeVisualisation(text, format);
