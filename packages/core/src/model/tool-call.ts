import type { JsonSchema } from "./schema-input.ts";

/** A function that a model may ask for. */
export interface ToolDefinition {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string;
  /** What it is for, told to the model. */
  readonly description?: string | undefined;
  /** JSON Schema of its arguments, an object. Without it there are none. */
  readonly parameters?: JsonSchema | undefined;
}

/** A model asks for a function. Plain data. */
export interface ToolCall {
  /** Names the call in the message that carries its result (`toolCallId`). */
  readonly id: string;
  readonly name: string;
  /** The arguments; `null` when the model wrote something that is no JSON object. They are not checked by a schema. */
  readonly arguments: Readonly<Record<string, unknown>> | null;
  /** The arguments as the model wrote them. */
  readonly argumentsText: string;
}
