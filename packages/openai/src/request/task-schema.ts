import { type CoordinateSpace, coordinateExtents, type JsonSchema, type TaskDefinition } from "@ocellus/core";

const closed = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const text: JsonSchema = { type: "string", minLength: 1 };

/** A box in the model's own space; only `pixels` has no upper bound. */
function boxSchema(space: CoordinateSpace): JsonSchema {
  const coordinate: JsonSchema = {
    type: space === "unit" ? "number" : "integer",
    minimum: 0,
    ...(space === "pixels" ? {} : { maximum: coordinateExtents[space] }),
  };
  return { type: "array", items: coordinate, minItems: 4, maxItems: 4 };
}

/**
 * The answer of a built-in task as a JSON Schema (fixtures/vi/prompts.json, `json_schema`), without references and
 * closed, as strict servers want it.
 *
 * @param jsonKey of the task's definition
 * @param space in which the model writes boxes
 */
export function taskSchema(
  jsonKey: NonNullable<TaskDefinition["jsonKey"]>,
  space: CoordinateSpace = "relative-1024",
): JsonSchema {
  if (jsonKey === "vqa") return closed({ vqa: closed({ answer: text }) });
  if (jsonKey === "freeform") return closed({ freeform: closed({ caption: text }) });
  const boxes: JsonSchema = { type: "array", items: boxSchema(space), minItems: 1 };
  const groundings: JsonSchema = { type: "array", items: closed({ phrase: text, grounding: boxes }), minItems: 1 };
  return closed({ phrase_grounding: closed({ sentence: text, groundings }) });
}
