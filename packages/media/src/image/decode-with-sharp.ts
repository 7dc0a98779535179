import { UnsupportedMediaError } from "@ocellus/core";
import type { Metadata, Sharp as SharpInstance } from "sharp";
import type { ImageFormat } from "./detect-image-format.ts";
import { loadSharp } from "./load-sharp.ts";
import { assertPictureSize } from "./picture-size-limit.ts";
import type { DecodedSamples } from "./samples-to-rgb.ts";

/**
 * Decodes JPEG, PNG, WebP and TIFF (first page or frame) without any colour management, upright.
 *
 * @throws UnsupportedMediaError for damaged or oversized data; the message of the decoder is its cause
 */
export async function decodeWithSharp(
  bytes: Uint8Array,
  { name, format, maxPixels }: { readonly name: string; readonly format: ImageFormat; readonly maxPixels: number },
): Promise<DecodedSamples> {
  const sharp = await loadSharp();
  const open = (): SharpInstance =>
    sharp(bytes, { ignoreIcc: true, autoOrient: true, failOn: "truncated", limitInputPixels: false });
  try {
    const metadata = await open().metadata();
    assertPictureSize(name, metadata.width, metadata.height, maxPixels);
    return await readSamples(open(), metadata);
  } catch (cause) {
    if (UnsupportedMediaError.isInstance(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message.trim().replace(/\s*\n\s*/g, "; ") : String(cause);
    throw new UnsupportedMediaError(
      `Cannot decode ${name}: the ${format.toUpperCase()} data is damaged or incomplete (${reason}). ` +
        "Fetch or export the picture again.",
      { cause },
    );
  }
}

/** Asks for the samples in the colour space and depth of the file: every conversion is ours, not that of libvips. */
async function readSamples(image: SharpInstance, { space, depth }: Metadata): Promise<DecodedSamples> {
  if (space === "cmyk" || space === "grey16" || space === "rgb16") {
    image.pipelineColourspace(space).toColourspace(space);
  }
  const rawDepth = depth === "ushort" && space !== "cmyk" ? "ushort" : depth === "float" ? "float" : "uchar";
  const { data, info } = await image.raw({ depth: rawDepth }).toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return { data: viewSamples(data, rawDepth), width, height, channels, isCmyk: space === "cmyk" };
}

function viewSamples(data: Buffer, depth: "uchar" | "ushort" | "float"): Uint8Array | Uint16Array | Float32Array {
  if (depth === "uchar") return new Uint8Array(data.buffer, data.byteOffset, data.length);
  const aligned = data.byteOffset % 4 === 0 ? data : Uint8Array.from(data);
  if (depth === "ushort") return new Uint16Array(aligned.buffer, aligned.byteOffset, data.length / 2);
  return new Float32Array(aligned.buffer, aligned.byteOffset, data.length / 4);
}
