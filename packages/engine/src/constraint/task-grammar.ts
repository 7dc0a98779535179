import { boxGridSize, type TaskDefinition } from "@ocellus/core";
import { type Expression, sequence, text } from "./grammar/expression.ts";
import type { GrammarBuilder } from "./grammar/grammar-builder.ts";
import { jsonString } from "./grammar/json-text.ts";
import { integerRange } from "./json-schema/integer-range.ts";

/**
 * The form of a task's answer (fixtures/vi/prompts.json): minified JSON with keys in this order, texts of at least one
 * character, at least one phrase and one box of each, four integers 0–1024 a box.
 *
 * @param jsonKey of the task's definition
 */
export function taskGrammar(builder: GrammarBuilder, jsonKey: NonNullable<TaskDefinition["jsonKey"]>): Expression {
  const string = jsonString(builder, 1);
  const inner =
    jsonKey === "phrase_grounding"
      ? phraseGrounding(builder, string)
      : sequence(text(`{"${jsonKey === "vqa" ? "answer" : "caption"}":`), string, text("}"));
  return sequence(text(`{"${jsonKey}":`), inner, text("}"));
}

function phraseGrounding(builder: GrammarBuilder, string: Expression): Expression {
  const coordinate = builder.rule("coordinate", () => integerRange(0n, BigInt(boxGridSize))!);
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

function nonEmptyList(builder: GrammarBuilder, item: Expression): Expression {
  return sequence(text("["), item, builder.repeat("more", sequence(text(","), item), 0, null), text("]"));
}
