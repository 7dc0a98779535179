import type { AnswerRequest } from "@ocellus/core";
import { anyCharacter } from "./grammar/code-points.ts";
import { type Expression, sequence, text } from "./grammar/expression.ts";
import { GrammarBuilder } from "./grammar/grammar-builder.ts";
import { allTags, tags } from "./grammar/tags.ts";
import { textWithout } from "./grammar/text-without.ts";
import { jsonSchemaGrammar } from "./json-schema/json-schema-grammar.ts";
import { taskGrammar } from "./task-grammar.ts";

/** The part of a request that decides about the form of its answer. */
export type AnswerForm = Pick<AnswerRequest, "schema" | "definition" | "cot">;

/**
 * The grammar of an answer as EBNF: its schema, else the JSON of its task; with `cot` inside of
 * `<think>…</think><answer>…</answer>`, where also a plain text has its place.
 *
 * @returns `null` for plain text without `cot`, which nothing restricts
 * @throws GrammarError for a schema that cannot be enforced
 */
export function answerGrammar({ schema, definition, cot }: AnswerForm): string | null {
  const builder = new GrammarBuilder();
  const answer =
    schema !== null
      ? jsonSchemaGrammar(builder, schema)
      : definition.jsonKey === null
        ? null
        : taskGrammar(builder, definition.jsonKey);
  if (!cot) return answer === null ? null : builder.print(answer);
  const free = textWithout(builder, "free", { characters: anyCharacter, forbidden: allTags });
  return builder.print(thinkThenAnswer(free.any, answer ?? free.nonEmpty));
}

function thinkThenAnswer(thinking: Expression, answer: Expression): Expression {
  return sequence(text(tags.think), thinking, text(tags.endThink + tags.answer), answer, text(tags.endAnswer));
}
