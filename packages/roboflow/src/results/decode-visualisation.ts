import { decodeImage, type Picture } from "@ocellus/media";
import type { VisualisationFormat } from "../configuration/inference-configuration-fields.ts";
import { EncodingError } from "../errors/encoding-error.ts";

/**
 * A base64 picture of the server in the configured form.
 *
 * @throws EncodingError when it cannot be decoded
 */
export async function decodeVisualisation(base64: string, format: VisualisationFormat): Promise<string | Picture> {
  if (format === "base64" || format === "raw") return base64;
  try {
    return await decodeImage(Buffer.from(base64.replace(/^data:image\/[a-z]+;base64,/, ""), "base64"), {
      name: "the picture that the server returned",
    });
  } catch (cause) {
    throw new EncodingError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}
