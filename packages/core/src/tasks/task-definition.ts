import type { TaskName } from "./task-name.ts";

/** A task as data: what is said to the model and what form of answer is expected. */
export interface TaskDefinition {
  readonly task: TaskName;
  /** Response `kind` of a parsed answer. */
  readonly kind: "vqa" | "phrase-grounding" | "freeform" | "generic";
  /** Used when the caller gives no prompt; empty for `generic`. */
  readonly defaultPrompt: string;
  /** The text that fine-tuned checkpoints were trained with; empty for `generic`. */
  readonly systemPrompt: string;
  /** The one key of the answer's JSON object, `null` for plain text. */
  readonly jsonKey: "vqa" | "phrase_grounding" | "freeform" | null;
}
