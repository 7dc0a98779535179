import type { AnswerRequest, ChatMessage, ChatPart, ParsedSource } from "@ocellus/core";
import {
  addressOf,
  frameDataUrls,
  type MediaContext,
  pictureDataUrl,
  requireAddress,
  videoDataUrl,
} from "./encode-media.ts";

/** How pictures and videos travel in one request. */
export interface MediaPlan {
  /** `url-if-possible` sends the address of what has one and data of everything else. */
  readonly images: "data-url" | "url" | "url-if-possible";
  readonly videos: "video-url" | "frames";
}

/** Turns the chat of a request into wire messages; keeps what it encoded, for a second try in another form. */
export class MessageWriter {
  readonly #messages: readonly ChatMessage[];
  readonly #context: MediaContext;
  readonly #encoded = new Map<ParsedSource, Map<string, Promise<readonly string[]>>>();

  constructor({ messages }: Pick<AnswerRequest, "messages">, context: MediaContext) {
    this.#messages = messages;
    this.#context = context;
  }

  /** True when a source has an address that a server could open. */
  get hasAddresses(): boolean {
    return this.#parts().some((part) => "source" in part && addressOf(part.source) !== null);
  }

  /** True when a video file is part of the chat. */
  get hasVideoFile(): boolean {
    return this.#parts().some((part) => part.type === "video" && "source" in part);
  }

  /**
   * The wire messages.
   *
   * @param instruction is appended to the system message, or becomes one
   * @throws what the encoders of pictures and videos throw
   */
  async write(plan: MediaPlan, instruction: string | null): Promise<readonly object[]> {
    const messages = await Promise.all(this.#messages.map((message) => this.#message(message, plan)));
    if (instruction === null) return messages;
    const [first, ...rest] = messages;
    if (first?.role !== "system") return [{ role: "system", content: instruction }, ...messages];
    return [{ role: "system", content: `${String(first.content)}\n\n${instruction}` }, ...rest];
  }

  #parts(): readonly ChatPart[] {
    return this.#messages.flatMap(({ content }) => content);
  }

  async #message(message: ChatMessage, plan: MediaPlan): Promise<{ role: string; content: unknown }> {
    return { ...(await this.#turn(message, plan)), ...toolFields(message) };
  }

  async #turn({ role, content }: ChatMessage, plan: MediaPlan): Promise<{ role: string; content: unknown }> {
    // Plain text stays a string: chat templates of text models and some servers know no lists of parts.
    if (content.every((part) => part.type === "text")) {
      return { role, content: content.map(({ text }) => text).join("") };
    }
    const parts = await Promise.all(content.map((part) => this.#part(part, plan)));
    return { role, content: parts.flat() };
  }

  async #part(part: ChatPart, plan: MediaPlan): Promise<readonly object[]> {
    if (part.type === "text") return part.text === "" ? [] : [{ type: "text", text: part.text }];
    if (part.type === "image") return [imagePart(await this.#picture(part.source, plan))];
    if ("frames" in part) {
      return (await Promise.all(part.frames.map((frame) => this.#picture(frame, plan)))).map(imagePart);
    }
    const { source, fps, maxFrames } = part;
    if (plan.videos === "video-url") {
      const url = this.#direct(source, plan) ?? (await this.#once(source, "video", videoDataUrl))[0]!;
      return [{ type: "video_url", video_url: { url } }];
    }
    const frames = (from: ParsedSource, context: MediaContext): Promise<readonly string[]> =>
      frameDataUrls(from, { fps, maxFrames }, context);
    return (await this.#once(source, `frames ${fps} ${maxFrames}`, frames)).map(imagePart);
  }

  async #picture(source: ParsedSource, plan: MediaPlan): Promise<string> {
    return this.#direct(source, plan) ?? (await this.#once(source, "picture", pictureDataUrl))[0]!;
  }

  /** The address to send, or `null` to send data. */
  #direct(source: ParsedSource, { images }: MediaPlan): string | null {
    if (images === "data-url") return null;
    return images === "url" ? requireAddress(source) : addressOf(source);
  }

  #once(
    source: ParsedSource,
    form: string,
    encode: (source: ParsedSource, context: MediaContext) => Promise<string | readonly string[]>,
  ): Promise<readonly string[]> {
    const forms = this.#encoded.get(source) ?? new Map<string, Promise<readonly string[]>>();
    this.#encoded.set(source, forms);
    const known = forms.get(form);
    if (known !== undefined) return known;
    const made = encode(source, this.#context).then((urls) => (typeof urls === "string" ? [urls] : urls));
    forms.set(form, made);
    return made;
  }
}

function toolFields({ toolCalls, toolCallId }: ChatMessage): Readonly<Record<string, unknown>> {
  const calls = toolCalls?.map(({ id, name, argumentsText }) => ({
    id,
    type: "function",
    function: { name, arguments: argumentsText === "" ? "{}" : argumentsText },
  }));
  return {
    ...(calls === undefined || calls.length === 0 ? {} : { tool_calls: calls }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
  };
}

const imagePart = (url: string): object => ({ type: "image_url", image_url: { url } });
