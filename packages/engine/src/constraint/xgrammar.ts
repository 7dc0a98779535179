import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import type * as XGrammar from "@mlc-ai/web-xgrammar";
import { GrammarError, MissingDependencyError } from "@ocellus/core";
import { byteOfCharacter } from "../text/byte-alphabet.ts";

/** Follows one text through a grammar. */
export interface GrammarMatcher {
  /** One bit a token, 32 in a word: those that may follow, and the end id when the text may end here. */
  allowed(): Promise<Int32Array>;
  /** Takes a token; false, without any change, when it may not follow. The end id only asks whether the text may end. */
  accept(id: number): boolean;
  /** Takes a text as one step; false, without any change, when it may not follow. */
  acceptText(text: string | Uint8Array): boolean;
  /** Takes steps back. */
  rollBack(steps: number): void;
  /** The text that must follow; empty when there is a choice. */
  forcedText(): string;
  dispose(): void;
}

/** A grammar made ready for one vocabulary. */
export interface CompiledGrammar {
  open(): Promise<GrammarMatcher>;
  dispose(): void;
}

/** A vocabulary, against which grammars are compiled. */
export interface GrammarVocabulary {
  /** The id that stands for the end of the text: the one behind the last token. */
  readonly endId: number;
  /** @throws GrammarError with the reason of a refusal */
  compile(ebnf: string): Promise<CompiledGrammar>;
}

interface Library {
  readonly module: typeof XGrammar;
  /** What it has printed since the last call. */
  takeLog(): string;
}

let library: Library | undefined;

/**
 * The package is a UMD file that calls itself an ES module, so that `import` fails: it is evaluated as CommonJS. Its one
 * dynamic import would need a loader that evaluated code does not have everywhere.
 */
function loadLibrary(): Library {
  if (library !== undefined) return library;
  const name = "@mlc-ai/web-xgrammar";
  try {
    const file = createRequire(import.meta.url).resolve(name);
    const source = readFileSync(file, "utf8").replace("await import('module')", "require('module')");
    const module = { exports: {} };
    const lines: string[] = [];
    const print = (...parts: unknown[]): void => {
      if (lines.push(parts.join(" ")) > 20) lines.shift();
    };
    const quiet = { ...console, log: print, info: print, warn: print, error: print };
    const evaluate = new Function("exports", "require", "module", "__filename", "__dirname", "console", source);
    evaluate(module.exports, createRequire(file), module, file, dirname(file), quiet);
    library = { module: module.exports as typeof XGrammar, takeLog: () => lines.splice(0).join("\n") };
    return library;
  } catch (cause) {
    const installHint = `npm install ${name}@0.1.27`;
    throw new MissingDependencyError(
      `${name} could not be loaded, and constrained decoding needs it. Install it with: ${installHint}`,
      { packageName: name, installHint, cause },
    );
  }
}

/**
 * Prepares a vocabulary.
 *
 * @param tokens bytes of every token; `null` for one that must never be chosen
 * @throws MissingDependencyError when the package is not there
 */
export async function openVocabulary(tokens: readonly (Uint8Array | null)[]): Promise<GrammarVocabulary> {
  const { module, takeLog } = loadLibrary();
  const endId = tokens.length;
  // A token without bytes is never allowed.
  const spelled = [...tokens.map((bytes) => (bytes === null ? "" : spell(bytes))), ""];
  const info = await module.TokenizerInfo.createTokenizerInfo(spelled, "byte_level", false, endId + 1, [endId]);
  const compiler = await module.GrammarCompiler.createGrammarCompiler(info, false);
  return {
    endId,
    compile: async (ebnf) => {
      takeLog();
      let grammar: XGrammar.Grammar | undefined;
      try {
        grammar = await module.Grammar.fromEBNF(ebnf);
        const compiled = await compiler.compileGrammar(grammar);
        return {
          open: async () => matcherOf(await module.GrammarMatcher.createGrammarMatcher(compiled, [endId])),
          dispose: () => compiled.dispose(),
        };
      } catch (cause) {
        throw new GrammarError(`The grammar of the answer cannot be compiled: ${reasonOf(takeLog(), cause)}`, {
          cause,
        });
      } finally {
        grammar?.dispose();
      }
    },
  };
}

/** The handle underneath takes bytes where the wrapper's type says text. */
interface TextHandle {
  readonly handle: { AcceptString(text: string | Uint8Array, verbose: boolean): boolean };
}

function matcherOf(matcher: XGrammar.GrammarMatcher): GrammarMatcher {
  const { handle } = matcher as unknown as TextHandle;
  return {
    allowed: () => matcher.getNextTokenBitmask(),
    accept: (id) => matcher.acceptToken(id),
    acceptText: (text) => handle.AcceptString(text, false),
    rollBack: (steps) => matcher.rollBack(steps),
    forcedText: () => matcher.findJumpForwardString(),
    dispose: () => matcher.dispose(),
  };
}

const characterOfByte: readonly string[] = (() => {
  const characters: string[] = [];
  for (const [character, byte] of byteOfCharacter) characters[byte] = character;
  return characters;
})();

/** Bytes in the alphabet of byte-level BPE, in which the package takes vocabularies. */
function spell(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += characterOfByte[byte]!;
  return text;
}

/** The package aborts with "Aborted()" and prints the reason, behind the name of a source file. */
function reasonOf(log: string, cause: unknown): string {
  const fatal = /\[FATAL\] \S+: ([^\n]+)/.exec(log)?.[1];
  return fatal ?? (cause instanceof Error ? cause.message : String(cause));
}
