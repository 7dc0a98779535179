import { fromJsonString, type JsonValue } from "@bufbuild/protobuf";
import { GenerationError } from "@ocellus/core";
import {
  type MethodSignature as MethodSignatureMessage,
  MethodSignatureSchema,
  type ModelTypeField,
  RunnerMethodType,
} from "../gen/clarifai/api/inference_pb.ts";
import type { DataTypeName, FieldDefault, MethodField, MethodKind, MethodSignature } from "./method-signature.ts";
import { parseDefault } from "./parse-default.ts";

/** Names by number of `ModelTypeField.DataType`; place 0 is "not set". */
const typeNames: readonly (DataTypeName | null)[] = [
  null,
  "STR",
  "BYTES",
  "INT",
  "FLOAT",
  "BOOL",
  "NDARRAY",
  "JSON_DATA",
  "TEXT",
  "IMAGE",
  "CONCEPT",
  "REGION",
  "FRAME",
  "AUDIO",
  "VIDEO",
  "NAMED_FIELDS",
  "TUPLE",
  "LIST",
];

/** Deepest nesting of types that is read. */
const maxDepth = 16;

/**
 * Reads the methods of a model by name, in the order of the service.
 *
 * @throws GenerationError for two methods of one name, a type this client does not know, or types nested too deeply
 */
export function readSignatures(messages: readonly MethodSignatureMessage[]): ReadonlyMap<string, MethodSignature> {
  const signatures = new Map<string, MethodSignature>();
  for (const message of messages) {
    if (signatures.has(message.name)) throw new GenerationError(`The model has two methods named "${message.name}".`);
    signatures.set(message.name, readSignature(message));
  }
  return signatures;
}

/**
 * Reads the text that `_GET_SIGNATURES` answers with: a JSON object of method names and signatures.
 *
 * @throws GenerationError when it is not that
 */
export function parseSignatures(text: string): ReadonlyMap<string, MethodSignature> {
  const messages: MethodSignatureMessage[] = [];
  try {
    const methods = JSON.parse(text) as Record<string, JsonValue>;
    for (const [name, signature] of Object.entries(methods)) {
      const message = fromJsonString(MethodSignatureSchema, JSON.stringify(signature), { ignoreUnknownFields: true });
      if (message.name === "") message.name = name;
      messages.push(message);
    }
  } catch (cause) {
    throw new GenerationError("The model's list of methods cannot be read: it is no JSON of method signatures.", {
      cause,
    });
  }
  return readSignatures(messages);
}

function readSignature(message: MethodSignatureMessage): MethodSignature {
  const outputs = message.outputFields.map((field) => readField(field, message.name, 0));
  const output = outputs[0];
  if (output === undefined) throw new GenerationError(`The method "${message.name}" declares no result.`);
  const inputs = message.inputFields.map((field) => readField(field, message.name, 0));
  return {
    name: message.name,
    kind: readKind(message, inputs, output),
    description: message.description,
    inputs,
    output,
  };
}

function readKind(message: MethodSignatureMessage, inputs: readonly MethodField[], output: MethodField): MethodKind {
  if (message.methodType === RunnerMethodType.UNARY_UNARY) return "unary";
  if (message.methodType === RunnerMethodType.UNARY_STREAMING) return "server-stream";
  if (message.methodType === RunnerMethodType.STREAMING_STREAMING) return "bidirectional";
  if (inputs.some(({ isIterator }) => isIterator)) return "bidirectional";
  return output.isIterator ? "server-stream" : "unary";
}

function readField(field: ModelTypeField, method: string, depth: number): MethodField {
  const type = typeNames[field.type] ?? null;
  if (type === null) {
    throw new GenerationError(
      `The method "${method}" uses data type ${field.type} for "${field.name}", which is not known.`,
    );
  }
  if (depth > maxDepth) throw new GenerationError(`The types of the method "${method}" are nested too deeply.`);
  const range = field.modelTypeRangeInfo;
  return {
    name: field.name,
    type,
    typeArgs: field.typeArgs.map((part) => readField(part, method, depth + 1)),
    isIterator: field.iterator,
    isRequired: field.required,
    default: readDefault(field, type),
    isParam: field.isParam,
    description: field.description,
    range: range === undefined ? null : { min: range.min, max: range.max, step: range.step },
    choices: field.modelTypeEnumOptions.map(({ id }) => id),
  };
}

function readDefault(field: ModelTypeField, type: DataTypeName): FieldDefault {
  if (field.required) return { kind: "none" };
  return parseDefault(field.default, type);
}
