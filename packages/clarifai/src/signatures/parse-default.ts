import type { DataTypeName, FieldDefault } from "./method-signature.ts";

/** Types whose JSON default is the value to send. */
const jsonTypes: ReadonlySet<DataTypeName> = new Set([
  "INT",
  "FLOAT",
  "BOOL",
  "JSON_DATA",
  "LIST",
  "TUPLE",
  "NAMED_FIELDS",
]);

/**
 * Reads the text form of a default. STR: raw text, or a JSON string as older packages wrote it; `null` is Python's None
 * for every type. Other types: JSON, and whatever is not JSON (`b'q'`) stays opaque.
 */
export function parseDefault(text: string, type: DataTypeName): FieldDefault {
  if (text === "null") return { kind: "value", value: null, text };
  if (type === "STR") return { kind: "value", value: parseQuoted(text), text };
  if (text === "") return { kind: "opaque", text };
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return { kind: "value", value: null, text };
    // "'null'" and the like: a JSON text inside of a text.
    if (typeof value === "string")
      return value === "null" ? { kind: "value", value: null, text } : { kind: "opaque", text };
    return jsonTypes.has(type) ? { kind: "value", value, text } : { kind: "opaque", text };
  } catch {
    return { kind: "opaque", text };
  }
}

function parseQuoted(text: string): string {
  if (!text.startsWith('"')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : text;
  } catch {
    return text;
  }
}
