import { create } from "@bufbuild/protobuf";
import { GenerationError } from "@ocellus/core";
import { type Data, DataSchema, type Part } from "../gen/clarifai/api/inference_pb.ts";
import type { DataTypeName, MethodField } from "../signatures/method-signature.ts";
import { decodeConcept, decodeFrame, decodeMedia, decodeRegion } from "./decode-annotation.ts";
import { decodeInt, decodeJson } from "./decode-scalar.ts";

type Decoder = (field: MethodField, data: Data, path: string) => unknown;

const decoders: Record<DataTypeName, Decoder> = {
  STR: (_, data) => data.stringValue,
  BYTES: (_, data) => data.bytesValue,
  INT: (_, data) => decodeInt(data.intValue),
  FLOAT: (_, data) => data.floatValue,
  BOOL: (_, data) => data.boolValue,
  JSON_DATA: (_, data) => decodeJson(data),
  TEXT: (_, { text }) => (text === undefined ? null : { text: text.raw, url: text.url === "" ? null : text.url }),
  NDARRAY: (_, { ndarray }) =>
    ndarray === undefined || ndarray.buffer.length === 0
      ? null
      : { dtype: ndarray.dtype, shape: ndarray.shape, bytes: ndarray.buffer },
  IMAGE: (_, data) => decodeMedia(data.image),
  AUDIO: (_, data) => decodeMedia(data.audio),
  VIDEO: (_, data) => decodeMedia(data.video),
  CONCEPT: (_, data) => oneOrAll(data.concepts.map(decodeConcept)),
  REGION: (_, data) => oneOrAll(data.regions.map(decodeRegion)),
  FRAME: (_, data) => oneOrAll(data.frames.map(decodeFrame)),
  NAMED_FIELDS: decodeNamedFields,
  TUPLE: decodeTuple,
  LIST: decodeList,
};

const emptyData: Data = create(DataSchema);

/**
 * Reads a value of the field's type out of `data`. Absent scalars are zero, absent messages `null`; INT is a number up
 * to 2^53 and a bigint beyond.
 *
 * @throws GenerationError when parts are missing or a list or tuple has another form than the signature says
 */
export function decodeData(field: MethodField, data: Data | undefined, path: string): unknown {
  return decoders[field.type](field, data ?? emptyData, path);
}

/** The value of a single annotation: none `null`, one the object, more the list (as the reference client does). */
function oneOrAll<Value>(values: readonly Value[]): Value | readonly Value[] | null {
  return values.length > 1 ? values : (values[0] ?? null);
}

function decodeList(field: MethodField, data: Data, path: string): unknown[] {
  const item = field.typeArgs[0];
  if (item?.type === "CONCEPT") return data.concepts.map(decodeConcept);
  if (item?.type === "REGION") return data.regions.map(decodeRegion);
  if (item?.type === "FRAME") return data.frames.map(decodeFrame);
  if (item === undefined) throw new GenerationError(`${path}: the model does not say what the list holds.`);
  return data.parts.map((part, index) => decodeData(item, part.data, `${path}[${index}]`));
}

function decodeTuple(field: MethodField, data: Data, path: string): unknown[] | null {
  if (data.parts.length === 0) return null;
  if (data.parts.length !== field.typeArgs.length) {
    throw new GenerationError(`${path} has ${data.parts.length} values; the signature says ${field.typeArgs.length}.`);
  }
  return field.typeArgs.map((item, index) => decodeData(item, data.parts[index]?.data, `${path}[${index}]`));
}

function decodeNamedFields(field: MethodField, data: Data, path: string): Record<string, unknown> {
  const parts = new Map<string, Part>(data.parts.map((part) => [part.id, part]));
  const entries = field.typeArgs.map((item): [string, unknown] => {
    const part = parts.get(item.name);
    if (part === undefined) throw new GenerationError(`${path}.${item.name} is missing in the answer.`);
    return [item.name, decodeData(item, part.data, `${path}.${item.name}`)];
  });
  return Object.fromEntries(entries);
}
