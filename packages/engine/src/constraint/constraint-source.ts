import { boxGridSize } from "@ocellus/core";
import type { Tokenizer } from "../text/tokenizer.ts";
import { type AnswerForm, answerGrammar, isFree } from "./answer-grammar.ts";
import {
  type ConstraintVocabulary,
  createGrammarConstraint,
  type GrammarConstraintOptions,
} from "./grammar-constraint.ts";
import { tokenBytes } from "./token-bytes.ts";
import type { TokenConstraint } from "./token-constraint.ts";
import { createTokenSpelling } from "./token-spelling.ts";
import { fittingTokens } from "./utf8-state.ts";
import { type CompiledGrammar, type GrammarVocabulary, openVocabulary } from "./xgrammar.ts";

/** Compiled grammars that are kept per model; the one used longest ago goes first. */
const maxCompiled = 16;

/** Makes the constraints of one model's answers. */
export interface ConstraintSource {
  /**
   * Compiles the grammar of an answer; `null` when its form is free.
   *
   * @param extent of the coordinates of boxes; 1024 when absent
   * @throws GrammarError for a schema that cannot be enforced
   */
  prepare(form: AnswerForm, extent?: number): Promise<PreparedConstraint | null>;
  /** Frees the compiled grammars. */
  dispose(): void;
}

/** The form of an answer, ready for use. */
export interface PreparedConstraint {
  /** A constraint at its beginning. */
  open(limits: ConstraintLimits): Promise<TokenConstraint>;
}

/** What an answer's generation settings say about its end. */
export interface ConstraintLimits extends Pick<GrammarConstraintOptions, "stopTokenIds" | "maxNewTokens"> {
  /** Default true. False lets the model choose every token of forced text, to compare. */
  readonly jumpForward?: boolean;
}

/**
 * Constraints for a tokenizer. The vocabulary is prepared at the first constrained answer; grammars are compiled once.
 *
 * @param vocabSize length of the model's logits
 */
export function createConstraintSource(tokenizer: Tokenizer, vocabSize: number): ConstraintSource {
  let prepared:
    | Promise<{ readonly grammars: GrammarVocabulary; readonly vocabulary: ConstraintVocabulary }>
    | undefined;
  const compiled = new Map<string, CompiledGrammar>();

  /** The grammar of a form, from now on the one used last. */
  const compile = async (form: AnswerForm, extent: number, grammars: GrammarVocabulary): Promise<CompiledGrammar> => {
    const key = JSON.stringify([form.definition.jsonKey, form.cot, form.schema, extent]);
    const grammar = compiled.get(key) ?? (await grammars.compile(answerGrammar(form, extent)!));
    compiled.delete(key);
    compiled.set(key, grammar);
    const [oldest] = compiled.keys();
    if (compiled.size > maxCompiled) {
      compiled.get(oldest!)!.dispose();
      compiled.delete(oldest!);
    }
    return grammar;
  };

  return {
    async prepare(form, extent = boxGridSize) {
      if (isFree(form)) return null;
      prepared ??= prepare(tokenizer, vocabSize);
      const { grammars, vocabulary } = await prepared;
      const grammar = await compile(form, extent, grammars);
      return {
        open: async ({ stopTokenIds, maxNewTokens, jumpForward = true }) => {
          const limits = { stopTokenIds, maxNewTokens, cot: form.cot, jumpForward };
          return createGrammarConstraint(await grammar.open(), vocabulary, limits);
        },
      };
    },
    dispose() {
      for (const grammar of compiled.values()) grammar.dispose();
      compiled.clear();
    },
  };
}

async function prepare(
  tokenizer: Tokenizer,
  vocabSize: number,
): Promise<{ readonly grammars: GrammarVocabulary; readonly vocabulary: ConstraintVocabulary }> {
  const tokens = tokenBytes(tokenizer, vocabSize);
  const grammars = await openVocabulary(tokens);
  const spelling = createTokenSpelling(tokenizer, tokens);
  return { grammars, vocabulary: { tokens, fitting: fittingTokens(tokens), spelling, endId: grammars.endId } };
}
