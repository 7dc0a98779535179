import { type Expression, sequence } from "../constraint/grammar/expression.ts";
import { GrammarBuilder } from "../constraint/grammar/grammar-builder.ts";
import { createGrammarConstraint } from "../constraint/grammar-constraint.ts";
import { jsonSchemaGrammar } from "../constraint/json-schema/json-schema-grammar.ts";
import { fittingTokens } from "../constraint/utf8-state.ts";
import {
  type CompiledGrammar,
  type GrammarMatcher,
  type GrammarVocabulary,
  openVocabulary,
} from "../constraint/xgrammar.ts";

/** Tells whether texts fit a grammar, byte by byte through the real matcher. */
export interface GrammarTexts {
  accepts(text: string | Uint8Array): boolean;
}

const singleBytes = Array.from({ length: 256 }, (_, byte) => Uint8Array.of(byte));
let bytes: Promise<GrammarVocabulary> | undefined;
const constrained = new Map<string, CompiledGrammar>();

/** Opens a grammar in EBNF. */
export async function openTexts(ebnf: string): Promise<GrammarTexts> {
  bytes ??= openVocabulary(singleBytes);
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

/** Tells whether a constraint lets a text through, a byte a token. */
export async function letsThrough(ebnf: string, text: Uint8Array): Promise<boolean> {
  bytes ??= openVocabulary(singleBytes);
  const { endId, compile } = await bytes;
  const grammar = constrained.get(ebnf) ?? (await compile(ebnf));
  constrained.set(ebnf, grammar);
  const vocabulary = {
    tokens: singleBytes,
    fitting: fittingTokens(singleBytes),
    spelling: { spell: (wanted: Uint8Array) => [...wanted], longerThan: () => [] },
    endId,
  };
  const options = { stopTokenIds: [], maxNewTokens: 1000, cot: false, jumpForward: false };
  const constraint = createGrammarConstraint(await grammar.open(), vocabulary, options);
  try {
    for (const byte of text) {
      await constraint.prepare();
      const logits = new Float32Array(256);
      constraint.mask(logits);
      if (logits[byte] !== 0) return false;
      constraint.accept(byte);
    }
    await constraint.prepare();
    return constraint.finished;
  } finally {
    constraint.dispose();
  }
}
