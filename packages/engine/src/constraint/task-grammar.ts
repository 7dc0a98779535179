import {
  boxGridSize,
  type CoordinateSpace,
  coordinateExtents,
  type PixelSize,
  type TaskDefinition,
} from "@ocellus/core";
import { type Expression, sequence, text } from "./grammar/expression.ts";
import type { GrammarBuilder } from "./grammar/grammar-builder.ts";
import { jsonString } from "./grammar/json-text.ts";
import { integerRange } from "./json-schema/integer-range.ts";
import { numberSchema } from "./json-schema/number-schema.ts";

/** Beyond the side of every picture that is opened. */
const maxPixel = 99_999;

/**
 * The largest coordinate that an answer may have; 1 stands for fractions. Pixels end at 1024, which is what the prompt of
 * the task says, unless the model sees a larger picture.
 *
 * @param sizes in pixels of the pictures as the model sees them
 */
export function coordinateExtent(space: CoordinateSpace, sizes: readonly PixelSize[]): number {
  if (space !== "pixels") return coordinateExtents[space];
  return sizes.some(({ width, height }) => Math.max(width, height) > boxGridSize) ? maxPixel : boxGridSize;
}

/**
 * The form of a task's answer (fixtures/vi/prompts.json): minified JSON with keys in this order, texts of at least one
 * character, at least one phrase and one box of each, four coordinates a box.
 *
 * @param jsonKey of the task's definition
 * @param extent of coordinates, see {@link coordinateExtent}
 */
export function taskGrammar(
  builder: GrammarBuilder,
  jsonKey: NonNullable<TaskDefinition["jsonKey"]>,
  extent: number,
): Expression {
  const string = jsonString(builder, 1);
  const inner =
    jsonKey === "phrase_grounding"
      ? phraseGrounding(builder, string, extent)
      : sequence(text(`{"${jsonKey === "vqa" ? "answer" : "caption"}":`), string, text("}"));
  return sequence(text(`{"${jsonKey}":`), inner, text("}"));
}

function phraseGrounding(builder: GrammarBuilder, string: Expression, extent: number): Expression {
  const coordinate = builder.rule("coordinate", () => coordinateIn(builder, extent));
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
function coordinateIn(builder: GrammarBuilder, extent: number): Expression {
  if (extent === 1) return numberSchema(builder, { minimum: 0, maximum: 1 }, "", false);
  return integerRange(0n, BigInt(extent))!;
}

function nonEmptyList(builder: GrammarBuilder, item: Expression): Expression {
  return sequence(text("["), item, builder.repeat("more", sequence(text(","), item), 0, null), text("]"));
}
