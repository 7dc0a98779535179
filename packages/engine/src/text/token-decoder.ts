import { ModelLoadError } from "@ocellus/core";
import { byteFallbackStage, byteLevelStage, type DecoderStage, mapStage, stripJoinedStage } from "./decoder-stage.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";

type StageFactory = () => DecoderStage;

/**
 * Reads the `decoder` of a tokenizer.json and returns a factory of streaming decoders; each decodes one text.
 *
 * @throws ModelLoadError for a kind of decoder that generative checkpoints do not use.
 */
export function compileTokenDecoder(config: unknown): () => DecoderStage {
  // Without a decoder the Rust library joins tokens with single spaces.
  if (config === null || config === undefined) {
    return () => mapStage((token, index) => (index === 0 ? token : ` ${token}`));
  }
  const stages = compileStages(config, { joined: false });
  return () => chainStages(stages.map((stage) => stage()));
}

/** `joined` is true once the tokens have been joined to one string, from which point on steps see the whole text. */
function compileStages(config: unknown, state: { joined: boolean }): StageFactory[] {
  if (!isJsonObject(config)) throw unsupported("an entry that is not an object");
  switch (config.type) {
    case "Sequence":
      return (Array.isArray(config.decoders) ? config.decoders : []).flatMap((d) => compileStages(d, state));
    case "ByteLevel":
      state.joined = true;
      return [byteLevelStage];
    case "ByteFallback":
      return state.joined ? [] : [byteFallbackStage];
    case "Fuse":
      state.joined = true;
      return [];
    case "Replace":
      return [compileReplace(config, state.joined)];
    case "Strip":
      return [compileStrip(config, state.joined)];
    case "Metaspace":
      return [compileMetaspace(config)];
    default:
      throw unsupported(`type ${JSON.stringify(config.type)}`);
  }
}

function compileReplace(config: JsonObject, joined: boolean): StageFactory {
  const pattern = isJsonObject(config.pattern) ? config.pattern.String : undefined;
  const content = config.content;
  if (typeof pattern !== "string" || pattern === "" || typeof content !== "string") {
    throw unsupported("a Replace step whose pattern is not a string");
  }
  if (joined && [...pattern].length > 1) throw unsupported("a Replace step of several characters after Fuse");
  return () => mapStage((token) => token.replaceAll(pattern, () => content));
}

function compileStrip(config: JsonObject, joined: boolean): StageFactory {
  const { content, start, stop } = config;
  if (typeof content !== "string" || !isCount(start) || !isCount(stop)) throw unsupported("an incomplete Strip step");
  if (joined) return () => stripJoinedStage(content, start, stop);
  return () =>
    mapStage((token) => {
      const stage = stripJoinedStage(content, start, stop);
      return [...stage.push(token), ...stage.flush()].join("");
    });
}

/** The Rust library drops every marker of the first token unless the scheme is "never", and turns others to spaces. */
function compileMetaspace(config: JsonObject): StageFactory {
  const replacement = typeof config.replacement === "string" ? config.replacement : "\u2581";
  const prepends = config.prepend_scheme !== "never" && config.add_prefix_space !== false;
  return () => mapStage((token, index) => token.replaceAll(replacement, index === 0 && prepends ? "" : " "));
}

function chainStages(stages: readonly DecoderStage[]): DecoderStage {
  const pass = (tokens: readonly string[], from: number): readonly string[] =>
    stages.slice(from).reduce<readonly string[]>((list, stage) => list.flatMap((token) => stage.push(token)), tokens);
  return {
    push: (token) => pass([token], 0),
    flush: () => stages.flatMap((stage, index) => pass(stage.flush(), index + 1)),
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function unsupported(what: string): ModelLoadError {
  return new ModelLoadError(
    `tokenizer.json has a decoder that is not supported: ${what}. ` +
      "Supported: ByteLevel, Metaspace, and sequences of Replace, ByteFallback, Fuse and Strip.",
  );
}
