import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { GenerationError, ModelLoadError } from "@ocellus/core";
import type { CheckpointFiles } from "../checkpoint/checkpoint-files.ts";
import type { DecoderStage } from "./decoder-stage.ts";
import { isJsonObject, type JsonObject, readJsonObject } from "./json-object.ts";
import { matchReferencePreTokenizer } from "./reference-pre-tokenizer.ts";
import { declaredSpecialLiterals, type NamedSpecialTokens, namedSpecialTokens } from "./special-tokens.ts";
import { compileTokenDecoder } from "./token-decoder.ts";

/** A token that is matched as a whole in text, before the ordinary vocabulary. */
export interface AddedToken {
  readonly id: number;
  /** The text that stands for the token, for example `<|im_end|>`. */
  readonly content: string;
  /** True for control tokens, which decoding may skip; false for tokens such as `<think>`. */
  readonly special: boolean;
}

/** Text to token ids and back, equal to transformers' fast tokenizer of the same checkpoint. */
export interface Tokenizer {
  /** Ids of `text`; literals of added tokens become those tokens. `addSpecialTokens` (true) adds what the checkpoint puts around a text, such as a leading `<s>`. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): number[];
  /** Ids of `text` as plain characters: no literal in it becomes an added token, and nothing is put around it. */
  encodePlain(text: string): number[];
  /** Text of `ids`; ids outside the vocabulary have no text. `skipSpecialTokens` (false) leaves special tokens out. */
  decode(ids: readonly number[], options?: { readonly skipSpecialTokens?: boolean }): string;
  /** A decoder of one text, token string by token string. Used by the incremental detokenizer. */
  openDecoder(): DecoderStage;
  /** The id of a token's literal (`<|im_end|>`), or undefined. */
  tokenToId(token: string): number | undefined;
  /** The token as the vocabulary spells it (byte-level alphabet, `▁`); undefined outside the vocabulary. */
  idToToken(id: number): string | undefined;
  /** Highest id of the tokenizer + 1. A model's logits are often longer (padding). */
  readonly vocabSize: number;
  /** Control tokens: those that tokenizer.json flags and those that tokenizer_config.json declares. */
  readonly specialTokenIds: ReadonlySet<number>;
  /** All tokens that are matched as literals, special or not. */
  readonly addedTokens: readonly AddedToken[];
  /** Literals of bos, eos, pad, unk… as tokenizer_config.json names them. */
  readonly named: NamedSpecialTokens;
}

const tokenizerFile = "tokenizer.json";
const configFile = "tokenizer_config.json";

/**
 * Loads tokenizer.json and tokenizer_config.json of a checkpoint.
 *
 * @throws ModelLoadError when tokenizer.json is missing or cannot be used.
 */
export async function loadTokenizer(files: CheckpointFiles): Promise<Tokenizer> {
  if (!files.has(tokenizerFile)) throw missingTokenizer(files);
  const definition = await readJsonObject(files, tokenizerFile);
  const config = files.has(configFile) ? await readJsonObject(files, configFile) : {};
  try {
    return createTokenizer(definition, config);
  } catch (error) {
    if (ModelLoadError.isInstance(error)) throw error;
    throw new ModelLoadError(`${tokenizerFile} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

function missingTokenizer(files: CheckpointFiles): ModelLoadError {
  const other = ["tokenizer.model", "vocab.json", "merges.txt", "tekken.json"].filter((file) => files.has(file));
  const found = other.length > 0 ? ` It has ${other.join(" and ")}, which hold the vocabulary in another form.` : "";
  return new ModelLoadError(
    `The checkpoint has no ${tokenizerFile}.${found} Download ${tokenizerFile} from the model's repository, or write it ` +
      'with transformers: AutoTokenizer.from_pretrained("<folder>").save_pretrained("<folder>").',
  );
}

/**
 * Builds a tokenizer from the two parsed files.
 *
 * @param definition tokenizer.json
 * @param config tokenizer_config.json, or `{}`
 * @throws ModelLoadError when the decoder is of an unsupported kind; other errors of a malformed definition as they come.
 */
export function createTokenizer(definition: JsonObject, config: JsonObject): Tokenizer {
  const openDecoder = compileTokenDecoder(definition.decoder);
  const addedTokens = readAddedTokens(definition, config);
  const library = new HuggingFaceTokenizer(
    {
      ...definition,
      added_tokens: definition.added_tokens ?? [],
      pre_tokenizer: matchReferencePreTokenizer(definition.pre_tokenizer),
    },
    config,
  );
  const vocabulary = library.model?.vocab ?? [];
  const specialTokenIds = new Set(addedTokens.filter((token) => token.special).map((token) => token.id));

  const toId = (token: string): number => {
    const id = library.token_to_id(token) ?? library.model?.unk_token_id;
    if (id === undefined) throw new GenerationError(`The tokenizer cannot express the text ${JSON.stringify(token)}.`);
    return id;
  };

  return {
    encode: remembering((text, addSpecialTokens) => library.encode(text, { add_special_tokens: addSpecialTokens }).ids),
    encodePlain(text) {
      const normalized = library.normalizer?.(text) ?? text;
      if (normalized === "") return [];
      const words = library.pre_tokenizer?.(normalized, { section_index: 0 }) ?? [normalized];
      return (library.model?.(words) ?? []).map(toId);
    },
    decode(ids, { skipSpecialTokens = false } = {}) {
      const decoder = openDecoder();
      let text = "";
      for (const id of ids) {
        const token = vocabulary[id];
        if (token === undefined || (skipSpecialTokens && specialTokenIds.has(id))) continue;
        text += decoder.push(token).join("");
      }
      return text + decoder.flush().join("");
    },
    openDecoder,
    tokenToId: (token) => library.token_to_id(token),
    idToToken: (id) => vocabulary[id],
    vocabSize: vocabulary.length,
    specialTokenIds,
    addedTokens,
    named: namedSpecialTokens(config),
  };
}

/** Texts whose ids are remembered: the pictures of a folder have one prompt, of thousands of tokens with its instructions. */
const rememberedTexts = 16;

/** Encodes, but not again what was encoded lately. */
function remembering(encode: (text: string, addSpecialTokens: boolean) => readonly number[]): Tokenizer["encode"] {
  const known = new Map<string, readonly number[]>();
  return (text, { addSpecialTokens = true } = {}) => {
    const key = `${addSpecialTokens} ${text}`;
    const ids = known.get(key) ?? encode(text, addSpecialTokens);
    known.delete(key);
    known.set(key, ids);
    const [oldest] = known.keys();
    if (known.size > rememberedTexts) known.delete(oldest!);
    return [...ids];
  };
}

/** tokenizer.json says which tokens are added and special; tokenizer_config.json may declare further ones special. */
function readAddedTokens(definition: JsonObject, config: JsonObject): AddedToken[] {
  const declared = new Set(declaredSpecialLiterals(config));
  const tokens = Array.isArray(definition.added_tokens) ? definition.added_tokens : [];
  return tokens.map((token: unknown) => {
    if (!isJsonObject(token) || typeof token.content !== "string" || !Number.isInteger(token.id)) {
      throw new ModelLoadError(
        `${tokenizerFile} has an added token without "id" and "content": ${JSON.stringify(token)}.`,
      );
    }
    const content = token.content;
    return { id: token.id as number, content, special: token.special === true || declared.has(content) };
  });
}
