import { type CoordinateSpace, coordinateExtents, type TaskDefinition } from "@ocellus/core";
import { type Expression, sequence, text } from "./grammar/expression.ts";
import type { GrammarBuilder } from "./grammar/grammar-builder.ts";
import { jsonString } from "./grammar/json-text.ts";
import { integerRange } from "./json-schema/integer-range.ts";
import { numberSchema } from "./json-schema/number-schema.ts";

/** Beyond the side of every picture that is opened. */
const maxPixel = 99_999;

/**
 * The form of a task's answer (fixtures/vi/prompts.json): minified JSON with keys in this order, texts of at least one
 * character, at least one phrase and one box of each, four coordinates a box.
 *
 * @param jsonKey of the task's definition
 * @param space in which the model writes boxes
 */
export function taskGrammar(
  builder: GrammarBuilder,
  jsonKey: NonNullable<TaskDefinition["jsonKey"]>,
  space: CoordinateSpace,
): Expression {
  const string = jsonString(builder, 1);
  const inner =
    jsonKey === "phrase_grounding"
      ? phraseGrounding(builder, string, space)
      : sequence(text(`{"${jsonKey === "vqa" ? "answer" : "caption"}":`), string, text("}"));
  return sequence(text(`{"${jsonKey}":`), inner, text("}"));
}

function phraseGrounding(builder: GrammarBuilder, string: Expression, space: CoordinateSpace): Expression {
  const coordinate = builder.rule("coordinate", () => coordinateIn(builder, space));
  const comma = text(",");
  const box = builder.rule("box", () =>
    sequence(text("["), coordinate, comma, coordinate, comma, coordinate, comma, coordinate, text("]")),
  );
  const boxes = nonEmptyList(builder, box);
  const grounding = builder.rule("grounding", () =>
    sequence(text('{"phrase":'), string, text(',"grounding":'), boxes, text("}")),
  );
  return sequence(text('{"sentence":'), string, text(',"groundings":'), nonEmptyList(builder, grounding), text("}"));
}

/** A whole number from 0 to the end of the space, or a fraction of one. */
function coordinateIn(builder: GrammarBuilder, space: CoordinateSpace): Expression {
  if (space === "unit") return numberSchema(builder, { minimum: 0, maximum: 1 }, "", false);
  return integerRange(0n, BigInt(space === "pixels" ? maxPixel : coordinateExtents[space]))!;
}

function nonEmptyList(builder: GrammarBuilder, item: Expression): Expression {
  return sequence(text("["), item, builder.repeat("more", sequence(text(","), item), 0, null), text("]"));
}
