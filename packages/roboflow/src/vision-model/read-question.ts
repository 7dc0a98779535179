import { type AnswerRequest, InvalidArgumentError, type ParsedSource, UnsupportedMediaError } from "@ocellus/core";
import type { ImageInput } from "../images/image-input.ts";

/** What a Roboflow model can be asked: one picture and one text. */
export interface Question {
  readonly image: ImageInput;
  /** System text, if any, before the user's text. */
  readonly prompt: string;
}

/**
 * Reads the picture and the text of a request.
 *
 * @throws InvalidArgumentError for a chat with answers in it, or for no or several pictures
 * @throws UnsupportedMediaError for a video
 */
export function readQuestion({ messages }: AnswerRequest): Question {
  const images: ImageInput[] = [];
  const texts: string[] = [];
  for (const { role, content } of messages) {
    if (role === "assistant" || role === "tool") {
      throw new InvalidArgumentError("A Roboflow model answers one question; it cannot go on with a chat.");
    }
    for (const part of content) {
      if (part.type === "text") texts.push(part.text);
      else if (part.type === "image") images.push(imageOf(part.source));
      else throw new UnsupportedMediaError("A Roboflow model takes one picture, not a video. See inferOnStream.");
    }
  }
  const [image] = images;
  if (image === undefined || images.length > 1) {
    throw new InvalidArgumentError(`A Roboflow model takes one picture with a prompt; got ${images.length} pictures.`);
  }
  return { image, prompt: texts.filter((text) => text !== "").join("\n\n") };
}

function imageOf(source: ParsedSource): ImageInput {
  switch (source.kind) {
    case "path":
      return source.path;
    case "url":
      return source.url;
    case "bytes":
      return source.bytes;
    case "pixels":
      return { data: source.data, width: source.width, height: source.height, channels: source.channels };
  }
}
