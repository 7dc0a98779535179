import { InvalidArgumentError } from "@ocellus/core";
import type { DataTypeName, MethodField, MethodSignature } from "../signatures/method-signature.ts";

/** What a command line says about arguments. */
export interface CommandArguments {
  readonly text: string | undefined;
  /** `key=value`, in order. */
  readonly pairs: readonly string[];
  /** A JSON object of all arguments. */
  readonly json: string | undefined;
  /** Path or URL of a picture, video or sound. */
  readonly media: string | undefined;
}

const videoPattern = /\.(?:mp4|mov|avi|mkv|webm|flv|wmv)(?:[?#].*)?$/i;
const audioPattern = /\.(?:wav|mp3|flac|aac|ogg|m4a|wma)(?:[?#].*)?$/i;

/**
 * Makes arguments of a command line: the JSON object, then the pairs (coerced to the type of their parameter), the text
 * for the first text parameter that is free, the medium for the first parameter of a medium.
 *
 * @throws InvalidArgumentError for JSON or pairs that cannot be read, or without a parameter for text or medium
 */
export function collectArguments(signature: MethodSignature, given: CommandArguments): Record<string, unknown> {
  const args: Record<string, unknown> = given.json === undefined ? {} : parseObject(given.json);
  for (const pair of given.pairs) {
    const at = pair.indexOf("=");
    if (at <= 0) throw new InvalidArgumentError(`--input must be key=value; got ${JSON.stringify(pair)}.`);
    const name = pair.slice(0, at);
    args[name] = coerce(
      signature.inputs.find((field) => field.name === name),
      pair.slice(at + 1),
      name,
    );
  }
  if (given.text !== undefined) args[textField(signature, args).name] = given.text;
  if (given.media !== undefined) {
    const field = mediaField(signature, given.media);
    args[field.name] = field.type === "LIST" ? [given.media] : given.media;
  }
  return args;
}

function parseObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError("--inputs must be a JSON object of arguments.");
}

function coerce(field: MethodField | undefined, text: string, name: string): unknown {
  if (field === undefined) return text;
  if (field.type === "BOOL") return /^(?:true|1|yes)$/i.test(text);
  if (field.type === "INT" && /^[+-]?\d+$/.test(text)) {
    const number = Number(text);
    return Number.isSafeInteger(number) ? number : BigInt(text);
  }
  if (field.type === "FLOAT" && text.trim() !== "" && !Number.isNaN(Number(text))) return Number(text);
  if (field.type === "INT" || field.type === "FLOAT") {
    throw new InvalidArgumentError(
      `--input ${name} must be ${field.type === "INT" ? "an integer" : "a number"}; got ${JSON.stringify(text)}.`,
    );
  }
  return isJson(field.type) ? JSON.parse(checkJson(text, name)) : text;
}

function isJson(type: DataTypeName): boolean {
  return ["JSON_DATA", "LIST", "TUPLE", "NAMED_FIELDS", "REGION", "FRAME", "NDARRAY"].includes(type);
}

function checkJson(text: string, name: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    throw new InvalidArgumentError(`--input ${name} must be JSON; got ${JSON.stringify(text)}.`);
  }
}

function textField({ inputs, name }: MethodSignature, args: Readonly<Record<string, unknown>>): MethodField {
  const texts = inputs.filter(({ type, isIterator }) => (type === "STR" || type === "TEXT") && !isIterator);
  const free = texts.find((field) => !(field.name in args));
  if (free !== undefined) return free;
  throw new InvalidArgumentError(`The method ${name} has no parameter left for a text.`);
}

function mediaField({ inputs, name }: MethodSignature, media: string): MethodField {
  const single = inputs.find(({ type }) => type === "IMAGE" || type === "VIDEO" || type === "AUDIO");
  const wanted = videoPattern.test(media) ? "VIDEO" : audioPattern.test(media) ? "AUDIO" : "IMAGE";
  const exact = inputs.find(({ type }) => type === wanted);
  const list = inputs.find(({ type, typeArgs }) => type === "LIST" && typeArgs[0]?.type === wanted);
  const field = exact ?? single ?? list;
  if (field !== undefined) return field;
  throw new InvalidArgumentError(`The method ${name} has no parameter for a picture, video or sound.`);
}
