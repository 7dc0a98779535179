import { create } from "@bufbuild/protobuf";
import { describeValue, InvalidArgumentError, suggestName } from "@ocellus/core";
import type { EncodeContext } from "../codec/encode-context.ts";
import { encodePart } from "../codec/encode-value.ts";
import { DataSchema, type Input, InputSchema, type Part, PartSchema } from "../gen/clarifai/api/inference_pb.ts";
import type { MethodField, MethodSignature } from "../signatures/method-signature.ts";
import { checkParam } from "./check-param.ts";

/** Arguments of a method by parameter name. */
export type MethodArguments = Readonly<Record<string, unknown>>;

/** How arguments are checked. */
export interface ArgumentChecks {
  /** Also check advertised ranges and choices, which the server does not. */
  readonly checkParams: boolean;
}

/** Key of the metadata that names the method. */
const methodKey = "_method_name";

/**
 * The input of one call: a part per given argument, in the order of the signature. The first parameter is always sent,
 * with its default if need be, and there is always a part, because the server takes anything else for the old form
 * without parts and loses defaults.
 *
 * @param streamed the parameter that is a stream, with its first item
 * @throws InvalidArgumentError for unknown, missing or unfit arguments
 */
export function buildInput(
  signature: MethodSignature,
  args: MethodArguments,
  context: EncodeContext,
  checks: ArgumentChecks,
  streamed?: { readonly field: MethodField; readonly item: unknown },
): Input {
  checkNames(signature, args);
  const parts: Part[] = [];
  for (const [index, field] of signature.inputs.entries()) {
    const path = `arguments.${field.name}`;
    const isStreamed = streamed !== undefined && field === streamed.field;
    const value = isStreamed ? streamed.item : argumentOf(field, args, index === 0);
    if (value === undefined) continue;
    if (checks.checkParams) checkParam(field, value, path);
    parts.push(encodePart(field, value, field.name, path, context));
  }
  if (parts.length === 0) parts.push(create(PartSchema));
  return inputOf(signature.name, parts);
}

/** The input of a further request of a bidirectional call: only the streamed parameter. */
export function buildFurtherInput(method: string, field: MethodField, item: unknown, context: EncodeContext): Input {
  return inputOf(method, [encodePart(field, item, field.name, `arguments.${field.name}`, context)]);
}

/** An input that calls `method` with these parts. */
export function inputOf(method: string, parts: Part[]): Input {
  return create(InputSchema, { data: create(DataSchema, { metadata: { [methodKey]: method }, parts }) });
}

/** The value to send for a parameter; `undefined` to leave it out. */
function argumentOf(field: MethodField, args: MethodArguments, isFirst: boolean): unknown {
  const value = args[field.name];
  const fallback = field.default.kind === "value" ? field.default.value : undefined;
  if (value !== undefined && value !== null) return value;
  if (value === null && fallback !== null) {
    throw new InvalidArgumentError(`arguments.${field.name} must not be null; leave it out for its default.`);
  }
  if (value === undefined && field.isRequired) {
    throw new InvalidArgumentError(`arguments.${field.name} is missing (${field.type}).`);
  }
  return isFirst && fallback !== null ? fallback : undefined;
}

function checkNames(signature: MethodSignature, args: MethodArguments): void {
  if (typeof args !== "object" || args === null || Array.isArray(args) || ArrayBuffer.isView(args)) {
    throw new InvalidArgumentError(
      `The arguments of ${signature.name} must be one object by parameter name; got ${describeValue(args)}.`,
    );
  }
  const names = signature.inputs.map(({ name }) => name);
  for (const key of Object.keys(args)) {
    if (names.includes(key)) continue;
    const hint = names.length === 0 ? `${signature.name} takes no arguments.` : suggestName(key, names);
    throw new InvalidArgumentError(`arguments.${key} is not known. ${hint}`);
  }
}
