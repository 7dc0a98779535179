/** One piece of a message, as chat templates see it. Pictures and videos are only marked; their pixels go elsewhere. */
export type TemplatePart =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image" }
  | { readonly type: "video" };

/** One turn of a chat, in the shape that transformers hands to chat templates. */
export interface TemplateMessage {
  readonly role: string;
  readonly content: string | readonly TemplatePart[];
}

/** The same messages with every text replaced by `map(text)`; other parts are reduced to their type. */
export function mapTexts(messages: readonly TemplateMessage[], map: (text: string) => string): TemplateMessage[] {
  return messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === "string"
        ? map(content)
        : content.map((part) => (part.type === "text" ? { type: "text", text: map(part.text) } : { type: part.type })),
  }));
}

/** The texts of one message, in order. */
export function textsOf(message: TemplateMessage): string[] {
  if (typeof message.content === "string") return [message.content];
  return message.content.flatMap((part) => (part.type === "text" ? [part.text] : []));
}

/** The same messages with one string each, in which `imageMark` stands for every picture. */
export function joinParts(messages: readonly TemplateMessage[], imageMark: string): TemplateMessage[] {
  const markOf = ({ type }: TemplatePart): string => (type === "image" ? imageMark : "");
  return messages.map(({ role, content }) => ({
    role,
    content:
      typeof content === "string"
        ? content
        : content.map((part) => (part.type === "text" ? part.text : markOf(part))).join(""),
  }));
}
