import { type Expression, sequence } from "../constraint/grammar/expression.ts";
import { GrammarBuilder } from "../constraint/grammar/grammar-builder.ts";
import { jsonSchemaGrammar } from "../constraint/json-schema/json-schema-grammar.ts";
import { type GrammarMatcher, type GrammarVocabulary, openVocabulary } from "../constraint/xgrammar.ts";

/** Tells whether texts fit a grammar, byte by byte through the real matcher. */
export interface GrammarTexts {
  accepts(text: string | Uint8Array): boolean;
}

let bytes: Promise<GrammarVocabulary> | undefined;

/** Opens a grammar in EBNF. */
export async function openTexts(ebnf: string): Promise<GrammarTexts> {
  bytes ??= openVocabulary(Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte)));
  const { endId, compile } = await bytes;
  const matcher: GrammarMatcher = await (await compile(ebnf)).open();
  return {
    accepts(text) {
      let steps = 0;
      const take = (id: number): boolean => {
        const isTaken = matcher.accept(id);
        if (isTaken) steps++;
        return isTaken;
      };
      const fits = [...Buffer.from(text as string)].every(take) && take(endId);
      matcher.rollBack(steps);
      return fits;
    },
  };
}

/** Opens an expression. */
export async function openExpression(make: (builder: GrammarBuilder) => Expression): Promise<GrammarTexts> {
  const builder = new GrammarBuilder();
  return openTexts(builder.print(sequence(make(builder))));
}

/** Opens a JSON Schema. */
export async function openSchema(schema: unknown): Promise<GrammarTexts> {
  return openExpression((builder) => jsonSchemaGrammar(builder, schema));
}
