import type { EncodedImage } from "../images/encode-image-input.ts";

const open = Buffer.from('"image":');

/**
 * The JSON text of a body with pictures as its last member `image`: an object for one picture, a list for several.
 * Base64 text that this client made needs no escaping, so it is copied instead of being looked through by
 * `JSON.stringify`, which takes a third of the time of a request with a large picture.
 */
export function encodeBody(members: object, images: readonly EncodedImage[]): Buffer {
  const head = JSON.stringify(members).slice(0, -1);
  const parts: Buffer[] = [Buffer.from(head === "{" ? head : `${head},`), open];
  if (images.length !== 1) parts.push(Buffer.from("["));
  for (const [index, image] of images.entries()) {
    if (index > 0) parts.push(Buffer.from(","));
    parts.push(encodeImage(image));
  }
  parts.push(Buffer.from(images.length === 1 ? "}" : "]}"));
  return Buffer.concat(parts);
}

function encodeImage({ wire, isOwnBase64 }: EncodedImage): Buffer {
  return isOwnBase64
    ? Buffer.from(`{"type":"base64","value":"${wire.value}"}`, "latin1")
    : Buffer.from(JSON.stringify({ type: wire.type, value: wire.value }));
}
