import type { FinishReason, ToolCall } from "@ocellus/core";
import type { WireChoice, WireCompletion, WireMessage, WireUsage } from "./chat-wire.ts";
import { ToolCallMerger } from "./tool-call-merger.ts";

/** What an exchange gave, from a stream or in one piece. */
export interface ChatAnswer {
  /** The whole text; what the server gave apart as reasoning stands in front, as `<think>…</think>`. */
  readonly text: string;
  readonly finishReason: FinishReason;
  /** Functions that the model asks for. */
  readonly toolCalls: readonly ToolCall[];
  readonly usage: WireUsage;
  /** The model that the server says has answered. */
  readonly model: string | undefined;
  /** The id of the completion. */
  readonly id: string | undefined;
  /** Server-side times in milliseconds, when it reports them. */
  readonly promptMs: number | undefined;
  readonly predictedMs: number | undefined;
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: "stop",
  eos: "stop",
  tool_calls: "tool-calls",
  function_call: "tool-calls",
  length: "length",
  content_filter: "content-filter",
};

/** Puts an answer together from its completion, or from the events of its stream. */
export class AnswerReader {
  readonly #onText: (delta: string) => void;
  #pieces: string[] = [];
  #isThinking = false;
  #hasText = false;
  #finish: WireChoice | null = null;
  #last: WireCompletion = {};
  #usage: WireUsage = {};
  readonly #tools = new ToolCallMerger();

  /** @param onText takes the text as it comes */
  constructor(onText: (delta: string) => void) {
    this.#onText = onText;
  }

  /** True when the server said why the answer ended. */
  get isFinished(): boolean {
    return this.#finish !== null;
  }

  /** True when anything of the text has arrived. */
  get hasText(): boolean {
    return this.#hasText;
  }

  /** Takes a completion or one event of a stream. */
  add(part: WireCompletion): void {
    const choice = part.choices?.[0];
    const message = choice?.delta ?? choice?.message;
    if (message != null) this.#addMessage(message);
    if (choice?.finish_reason != null && choice.finish_reason !== "") this.#finish = choice;
    // The last event with usage counts; with `include_usage` it has no choices, llama.cpp's has `timings` beside it.
    if (part.usage != null) this.#usage = part.usage;
    this.#last = { ...this.#last, ...dropNulls(part) };
  }

  /** The answer so far. */
  end(): ChatAnswer {
    if (this.#isThinking) this.#write("</think>");
    this.#isThinking = false;
    const { id, model, timings } = this.#last;
    const toolCalls = this.#tools.end();
    const finishReason = finishReasonOf(this.#finish);
    return {
      text: this.#pieces.join(""),
      // Some servers say `stop` also then.
      finishReason: finishReason === "stop" && toolCalls.length > 0 ? "tool-calls" : finishReason,
      toolCalls,
      usage: this.#usage,
      model: model ?? undefined,
      id: id ?? undefined,
      promptMs: timings?.prompt_ms ?? undefined,
      predictedMs: timings?.predicted_ms ?? undefined,
    };
  }

  #addMessage(message: WireMessage): void {
    const reasoning = message.reasoning_content ?? message.reasoning ?? "";
    if (typeof reasoning === "string" && reasoning !== "") {
      if (!this.#isThinking) this.#write("<think>");
      this.#isThinking = true;
      this.#write(reasoning);
    }
    if (Array.isArray(message.tool_calls)) this.#tools.add(message.tool_calls);
    const content = contentText(message.content) || (message.refusal ?? "");
    if (content === "") return;
    if (this.#isThinking) this.#write("</think>");
    this.#isThinking = false;
    this.#write(content);
  }

  #write(text: string): void {
    this.#hasText = true;
    this.#pieces.push(text);
    this.#onText(text);
  }
}

function contentText(content: WireMessage["content"]): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => (typeof part?.text === "string" ? part.text : "")).join("");
}

/** vLLM and SGLang say `stop` for stop tokens and stop texts alike, but also which text it was. */
function finishReasonOf(choice: WireChoice | null): FinishReason {
  const reason = finishReasons[choice?.finish_reason ?? ""] ?? "unknown";
  const met = choice?.stop_reason ?? choice?.matched_stop;
  return reason === "stop" && typeof met === "string" ? "stop-string" : reason;
}

function dropNulls(part: WireCompletion): WireCompletion {
  return Object.fromEntries(Object.entries(part).filter(([, value]) => value !== null));
}
