import type { ChatMessage } from "@ocellus/core";
import type { TemplateMessage } from "../text/chat-message.ts";

/** What the chat template sees of a message: texts, and a mark for every picture. A lone text is a plain string. */
export function toTemplateMessage({ role, content }: ChatMessage): TemplateMessage {
  const [first] = content;
  if (content.length === 1 && first?.type === "text") return { role, content: first.text };
  return { role, content: content.map((part) => (part.type === "text" ? part : { type: part.type })) };
}
