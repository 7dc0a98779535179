import type { PredictionResponse, PredictionStream } from "ocellus";

/** A piece of text to show. */
export interface AnswerPiece {
  readonly text: string;
  /** Part of `<think>…</think>` rather than of the answer. */
  readonly isThinking: boolean;
  /** True for the first piece of the thinking and of the answer. */
  readonly isFirst: boolean;
}

/**
 * The text of a stream for showing: without the tags of thinking, and without the white space before each part, which
 * is layout of the tags.
 */
export async function* answerPieces(stream: PredictionStream<PredictionResponse>): AsyncGenerator<AnswerPiece> {
  let part: "thinking" | "answer" | null = null;
  for await (const event of stream.events()) {
    if (event.type !== "text-delta" && event.type !== "thinking-delta") continue;
    const current = event.type === "thinking-delta" ? "thinking" : "answer";
    const isFirst = current !== part;
    const text = isFirst ? event.text.trimStart() : event.text;
    if (text === "") continue;
    part = current;
    yield { text, isThinking: current === "thinking", isFirst };
  }
}
