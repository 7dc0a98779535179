/** A call of a function that the model asks for. */
export interface ToolCall {
  readonly id: string;
  readonly type: "function";
  readonly function: { readonly name: string /** JSON text. */; readonly arguments: string };
}

/** A piece of a {@link ToolCall} in a stream; pieces of one call share `index`. */
export interface ToolCallDelta {
  readonly index?: number | undefined;
  readonly id?: string | null | undefined;
  readonly type?: string | null | undefined;
  readonly function?: { readonly name?: string | null; readonly arguments?: string | null } | undefined;
}

/** A request in the form of OpenAI's chat completions: what is not named here passes as well. */
export interface ChatCompletionRequest {
  readonly messages?: readonly object[] | undefined;
  readonly tools?: readonly object[] | undefined;
  readonly tool_choice?: unknown;
  readonly max_tokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly response_format?: object | undefined;
  /** Another endpoint of the model: `/responses`, `/embeddings`, `/images/generations`. */
  readonly openai_endpoint?: string | undefined;
  readonly [name: string]: unknown;
}

/** Token counts as OpenAI names them. */
export interface ChatUsage {
  readonly prompt_tokens?: number | undefined;
  readonly completion_tokens?: number | undefined;
  readonly total_tokens?: number | undefined;
}

/** An answer in the form of OpenAI's chat completions. */
export interface ChatCompletion {
  readonly id?: string | undefined;
  readonly choices: readonly {
    readonly index?: number;
    readonly message: {
      readonly role?: string;
      readonly content?: string | null;
      readonly tool_calls?: readonly ToolCall[] | null;
    };
    readonly finish_reason?: string | null;
  }[];
  readonly usage?: ChatUsage | null | undefined;
  readonly [name: string]: unknown;
}

/** A piece of an answer in the form of OpenAI's chat completion chunks. */
export interface ChatCompletionChunk {
  readonly choices?:
    | readonly {
        readonly index?: number;
        readonly delta?: { readonly content?: string | null; readonly tool_calls?: readonly ToolCallDelta[] | null };
        readonly finish_reason?: string | null;
      }[]
    | undefined;
  readonly usage?: ChatUsage | null | undefined;
  readonly [name: string]: unknown;
}
