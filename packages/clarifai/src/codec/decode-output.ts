import { GenerationError } from "@ocellus/core";
import type { Data, Output } from "../gen/clarifai/api/inference_pb.ts";
import type { MethodField } from "../signatures/method-signature.ts";
import { decodeData } from "./decode-value.ts";

/** Types whose absent value is a zero rather than nothing. */
const zeroTypes: ReadonlySet<string> = new Set(["STR", "BYTES", "INT", "FLOAT", "BOOL"]);

/**
 * The result in an output: the part of the field's name, else the old form with the value in the data itself.
 *
 * @throws GenerationError when the output holds other parts only
 */
export function decodeOutput(field: MethodField, output: Output): unknown {
  const { data } = output;
  const part = data?.parts.find(({ id }) => id === field.name);
  if (part !== undefined) return decodeData(field, part.data, field.name);
  if (data !== undefined && data.parts.length > 0 && !takesParts(field)) {
    const names = data.parts.map(({ id }) => JSON.stringify(id)).join(", ");
    throw new GenerationError(`The answer has no part "${field.name}" (it has ${names}).`);
  }
  return decodeRoot(field, data);
}

/** A list, tuple or object in the old form has its items as parts of the data itself. */
function takesParts({ type }: MethodField): boolean {
  return type === "LIST" || type === "TUPLE" || type === "NAMED_FIELDS";
}

function decodeRoot(field: MethodField, data: Data | undefined): unknown {
  if (field.type === "STR" && data !== undefined && data.stringValue === "") return data.text?.raw ?? "";
  if (data === undefined && !zeroTypes.has(field.type) && !takesParts(field)) return null;
  return decodeData(field, data, field.name);
}
