import { create } from "@bufbuild/protobuf";
import { describeValue, InvalidArgumentError, suggestName } from "@ocellus/core";
import {
  AudioSchema,
  type Data,
  DataSchema,
  ImageSchema,
  type Part,
  PartSchema,
  TextSchema,
  VideoSchema,
} from "../gen/clarifai/api/inference_pb.ts";
import type { DataTypeName, MethodField } from "../signatures/method-signature.ts";
import { encodeConcept, encodeFrame, encodeRegion } from "./encode-annotation.ts";
import type { EncodeContext } from "./encode-context.ts";
import { encodeMedia } from "./encode-media.ts";
import { encodeNdArray } from "./encode-nd-array.ts";
import { encodeBool, encodeBytes, encodeFloat, encodeInt, encodeJson, encodeString } from "./encode-scalar.ts";

type Encoder = (field: MethodField, value: unknown, data: Data, path: string, context: EncodeContext) => void;

/**
 * One encoder per data type. What a zero or empty value leaves is a part with empty data: the presence of the part is
 * the signal. Empty lists leave no data at all, as the reference client sends them.
 */
const encoders: Record<DataTypeName, Encoder> = {
  STR: (_, value, data, path) => encodeString(value, data, path),
  BYTES: (_, value, data, path) => encodeBytes(value, data, path),
  INT: (_, value, data, path) => encodeInt(value, data, path),
  FLOAT: (_, value, data, path) => encodeFloat(value, data, path),
  BOOL: (_, value, data, path) => encodeBool(value, data, path),
  JSON_DATA: (_, value, data, path) => encodeJson(value, data, path),
  TEXT: (_, value, data, path) => encodeTextValue(value, data, path),
  NDARRAY: (_, value, data, path) => {
    data.ndarray = encodeNdArray(value, path);
  },
  IMAGE: (_, value, data, path, context) => {
    data.image = create(ImageSchema);
    encodeMedia(value, data.image, path, context);
  },
  AUDIO: (_, value, data, path, context) => {
    data.audio = create(AudioSchema);
    encodeMedia(value, data.audio, path, context);
  },
  VIDEO: (_, value, data, path, context) => {
    data.video = create(VideoSchema);
    encodeMedia(value, data.video, path, context);
  },
  CONCEPT: (_, value, data, path) => {
    data.concepts.push(encodeConcept(value, path));
  },
  REGION: (_, value, data, path, context) => {
    data.regions.push(encodeRegion(value, path, context));
  },
  FRAME: (_, value, data, path, context) => {
    data.frames.push(encodeFrame(value, path, context));
  },
  NAMED_FIELDS: encodeNamedFields,
  TUPLE: encodeTuple,
  LIST: encodeList,
};

/**
 * Encodes one argument as a part named `id`. The field decides where the value goes: the same JavaScript value maps to
 * different places of the message.
 *
 * @throws InvalidArgumentError that names `path` for a value that does not fit the field
 */
export function encodePart(field: MethodField, value: unknown, id: string, path: string, context: EncodeContext): Part {
  const part = create(PartSchema, { id });
  if (isEmptyList(field, value)) return part;
  part.data = create(DataSchema);
  encoders[field.type](field, value, part.data, path, context);
  return part;
}

/** Encodes one value into existing data: the items of annotation lists, and the old form without parts. */
export function encodeInto(field: MethodField, value: unknown, data: Data, path: string, context: EncodeContext): void {
  encoders[field.type](field, value, data, path, context);
}

function isEmptyList(field: MethodField, value: unknown): boolean {
  return field.type === "LIST" && !isAnnotationList(field) && Array.isArray(value) && value.length === 0;
}

/** Concepts, regions and frames have a repeated field of their own in the data. */
function isAnnotationList({ typeArgs }: MethodField): boolean {
  const type = typeArgs[0]?.type;
  return type === "CONCEPT" || type === "REGION" || type === "FRAME";
}

function encodeTextValue(value: unknown, data: Data, path: string): void {
  if (typeof value === "string") {
    data.text = create(TextSchema, { raw: value });
    return;
  }
  const { text = "", url = null } =
    typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  const isObject = typeof value === "object" && value !== null && ("text" in value || "url" in value);
  if (!isObject || typeof text !== "string" || (url !== null && typeof url !== "string")) {
    throw new InvalidArgumentError(`${path} must be a string or { text, url }; got ${describeValue(value)}.`);
  }
  data.text = create(TextSchema, { raw: text, url: url ?? "" });
}

function encodeList(field: MethodField, value: unknown, data: Data, path: string, context: EncodeContext): void {
  if (!Array.isArray(value)) throw new InvalidArgumentError(`${path} must be a list; got ${describeValue(value)}.`);
  const item = field.typeArgs[0];
  if (item === undefined) throw new InvalidArgumentError(`${path}: the model does not say what the list holds.`);
  for (const [index, entry] of value.entries()) {
    const place = `${path}[${index}]`;
    if (isAnnotationList(field)) encoders[item.type](item, entry, data, place, context);
    else data.parts.push(encodePart(item, entry, "", place, context));
  }
}

function encodeTuple(field: MethodField, value: unknown, data: Data, path: string, context: EncodeContext): void {
  if (!Array.isArray(value) || value.length !== field.typeArgs.length) {
    const got = Array.isArray(value) ? value.length : describeValue(value);
    throw new InvalidArgumentError(`${path} must be a list of exactly ${field.typeArgs.length} values; got ${got}.`);
  }
  for (const [index, item] of field.typeArgs.entries()) {
    data.parts.push(encodePart(item, value[index], String(index), `${path}[${index}]`, context));
  }
}

function encodeNamedFields(field: MethodField, value: unknown, data: Data, path: string, context: EncodeContext): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`${path} must be an object; got ${describeValue(value)}.`);
  }
  const names = field.typeArgs.map(({ name }) => name);
  for (const key of Object.keys(value)) {
    if (!names.includes(key)) throw new InvalidArgumentError(`${path}.${key} is not known. ${suggestName(key, names)}`);
  }
  for (const item of field.typeArgs) {
    const entry = (value as Record<string, unknown>)[item.name];
    if (entry === undefined) throw new InvalidArgumentError(`${path}.${item.name} is missing.`);
    data.parts.push(encodePart(item, entry, item.name, `${path}.${item.name}`, context));
  }
}
