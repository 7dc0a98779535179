import { type AnswerRequest, boxGridSize } from "@ocellus/core";
import { anyCharacter } from "./grammar/code-points.ts";
import { type Expression, sequence, text } from "./grammar/expression.ts";
import { GrammarBuilder } from "./grammar/grammar-builder.ts";
import { allTags, tags } from "./grammar/tags.ts";
import { textWithout } from "./grammar/text-without.ts";
import { jsonSchemaGrammar } from "./json-schema/json-schema-grammar.ts";
import { taskGrammar } from "./task-grammar.ts";

/** The part of a request that decides about the form of its answer. */
export type AnswerForm = Pick<AnswerRequest, "schema" | "definition" | "cot">;

/** True for plain text without `cot`, which nothing restricts. */
export function isFree({ schema, definition, cot }: AnswerForm): boolean {
  return schema === null && definition.jsonKey === null && !cot;
}

/**
 * The grammar of an answer as EBNF: its schema, else the JSON of its task; with `cot` inside of
 * `<think>…</think><answer>…</answer>`, where also a plain text has its place.
 *
 * @param extent of the coordinates of boxes
 * @returns `null` for a free form
 * @throws GrammarError for a schema that cannot be enforced
 */
export function answerGrammar(form: AnswerForm, extent: number = boxGridSize): string | null {
  if (isFree(form)) return null;
  const { schema, definition, cot } = form;
  const builder = new GrammarBuilder();
  const free = cot ? textWithout(builder, "free", { characters: anyCharacter, forbidden: allTags }) : null;
  const answer =
    schema !== null
      ? jsonSchemaGrammar(builder, schema)
      : definition.jsonKey === null
        ? free!.nonEmpty
        : taskGrammar(builder, definition.jsonKey, extent);
  return builder.print(free === null ? answer : thinkThenAnswer(free.any, answer));
}

function thinkThenAnswer(thinking: Expression, answer: Expression): Expression {
  return sequence(text(tags.think), thinking, text(tags.endThink + tags.answer), answer, text(tags.endAnswer));
}
