import type { AnswerOrigin, AnswerRequest, CoordinateSpace, JsonSchema } from "@ocellus/core";
import type { ServerKind } from "../server/server-kind.ts";
import { taskSchema } from "./task-schema.ts";

/** How the form of an answer is asked for. */
export type ConstraintStep = NonNullable<AnswerOrigin["constrainedBy"]>;

/** The form that an answer must have. */
export interface AnswerForm {
  readonly schema: JsonSchema;
  /** The caller's own schema: no system prompt of a task describes it. */
  readonly isOwn: boolean;
  /** With `cot` the JSON stands in tags, which a JSON Schema cannot describe: only the prompt asks for it. */
  readonly isTagged: boolean;
}

/** The form that a request asks for; `null` for plain text. */
export function answerForm(
  { schema, definition, cot }: AnswerRequest,
  space: CoordinateSpace | undefined,
): AnswerForm | null {
  if (schema !== null) return { schema, isOwn: true, isTagged: cot };
  if (definition.jsonKey === null) return null;
  return { schema: taskSchema(definition.jsonKey, space), isOwn: false, isTagged: cot };
}

/**
 * What is tried, in this order, until a server takes it.
 *
 * - `response_format: json_schema` is what OpenAI, vLLM (0.6.3 on), SGLang, llama.cpp, Ollama (0.5 on) and NIM take.
 *   Only OpenAI looks at `strict`; it then refuses schemas that are not closed.
 * - `response_format: json_object` with a `schema` is what llama-cpp-python takes instead (and llama.cpp, beside the
 *   former). Servers may take it and look at "object" only, so that the prompt describes the schema as well.
 * - NIM 1.x for vision models took the schema as `nvext.guided_json` (docs.nvidia.com, structured generation), vLLM
 *   before 0.12 also as `guided_json`. Newer vLLM ignores fields that it does not know, so this never comes first.
 * - The prompt, when nothing else is taken.
 */
export function constraintSteps(kind: ServerKind): readonly ConstraintStep[] {
  switch (kind) {
    case "openai":
      return ["json-schema-strict", "json-schema", "prompt"];
    case "vllm":
    case "nim":
      return ["json-schema", "guided-json", "prompt"];
    case "sglang":
    case "llama-cpp":
    case "ollama":
      return ["json-schema", "prompt"];
    case "unknown":
      return ["json-schema-strict", "json-schema", "json-object", "guided-json", "prompt"];
  }
}

/** The fields of the request for a step. */
export function constraintFields(
  { schema }: AnswerForm,
  step: ConstraintStep,
  kind: ServerKind,
): Readonly<Record<string, unknown>> {
  if (step === "prompt") return {};
  if (step === "guided-json") return kind === "nim" ? { nvext: { guided_json: schema } } : { guided_json: schema };
  if (step === "json-object") return { response_format: { type: "json_object", schema } };
  const strict = step === "json-schema-strict" ? { strict: true } : {};
  return { response_format: { type: "json_schema", json_schema: { name: "answer", schema, ...strict } } };
}

/** What is said to the model about the form, when nothing else enforces or describes it; `null` for nothing. */
export function constraintInstruction({ schema, isOwn, isTagged }: AnswerForm, step: ConstraintStep): string | null {
  if ((step !== "prompt" && step !== "json-object") || !isOwn) return null;
  const what = isTagged ? "What stands between <answer> and </answer>" : "The answer";
  return `${what} must be one JSON value that matches this JSON Schema, without a code fence or any other text: ${JSON.stringify(schema)}`;
}
