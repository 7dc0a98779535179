/** A value that came from a server: nothing in it is trusted to be there. */
export type Wire<T> = { readonly [Key in keyof T]?: T[Key] | null };

/** A call of a function, whole or a piece of it. */
export type WireToolCall = Wire<{
  /** Place among the calls of a stream; some servers leave it out. */
  index: number;
  id: string;
  function: Wire<{
    name: string;
    /** JSON as text; some servers send the object itself. */
    arguments: unknown;
  }>;
}>;

/** The part of a message, whole or a piece of it, that is read. */
export type WireMessage = Wire<{
  content: string | readonly { readonly type?: string; readonly text?: string }[];
  /** vLLM before 0.12, SGLang, llama.cpp, DeepSeek. */
  reasoning_content: string;
  /** Ollama, OpenRouter, vLLM from 0.12 on. */
  reasoning: string;
  refusal: string;
  tool_calls: readonly WireToolCall[];
}>;

/** One choice of a completion or of a piece of it. */
export type WireChoice = Wire<{
  message: WireMessage;
  delta: WireMessage;
  finish_reason: string;
  /** vLLM: the stop text that was met, or the id of a stop token. */
  stop_reason: string | number;
  /** SGLang's name of the same. */
  matched_stop: string | number;
}>;

/** Tokens of an exchange. */
export type WireUsage = Wire<{
  prompt_tokens: number;
  completion_tokens: number;
  prompt_tokens_details: Wire<{ cached_tokens: number; image_tokens: number }>;
}>;

/** A completion, or one event of a stream. */
export type WireCompletion = Wire<{
  id: string;
  model: string;
  choices: readonly WireChoice[];
  usage: WireUsage;
  /** llama.cpp: where the time went. */
  timings: Wire<{ prompt_ms: number; predicted_ms: number }>;
  error: unknown;
}>;

/** The body of a request to `/chat/completions`. */
export type ChatRequestBody = Readonly<Record<string, unknown>>;
