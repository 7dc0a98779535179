import { describeValue } from "../describe-value.ts";
import { InvalidArgumentError } from "../errors/invalid-argument-error.ts";
import type { JsonSchema, StandardSchema } from "../model/schema-input.ts";

/** The option `schema`, ready for use. */
export interface CheckedSchema {
  /** What decoding is constrained to. */
  readonly jsonSchema: JsonSchema;
  /** The output for a decoded value, or `null` when it does not fit. */
  validate(value: unknown): Promise<{ readonly value: unknown } | null>;
}

/**
 * Checks the option `schema`: a Standard Schema that can print its JSON Schema, or a JSON Schema object. A bare JSON
 * Schema is not checked again after decoding, which was constrained to it.
 *
 * @throws InvalidArgumentError for anything else
 */
export function checkSchema(schema: unknown, path: string): CheckedSchema {
  const isObject = (typeof schema === "object" && schema !== null && !Array.isArray(schema)) || isFunction(schema);
  if (isObject && "~standard" in (schema as object)) return fromStandard(schema as StandardSchema, path);
  if (!isObject || isFunction(schema)) {
    throw new InvalidArgumentError(`${path} must be a Standard Schema or a JSON Schema; got ${describeValue(schema)}.`);
  }
  const jsonSchema = clonePlain(schema as JsonSchema, path);
  return { jsonSchema, validate: async (value) => ({ value }) };
}

/** Some libraries make their schemas callable. */
function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

function fromStandard(schema: StandardSchema, path: string): CheckedSchema {
  const standard = schema["~standard"];
  if (typeof standard?.jsonSchema?.input !== "function") {
    throw new InvalidArgumentError(
      `${path} (of ${describeValue(standard?.vendor)}) cannot print its JSON Schema, which decoding needs; use a ` +
        `library that implements Standard JSON Schema (zod from 4.2 on) or give the JSON Schema itself.`,
    );
  }
  let jsonSchema: JsonSchema;
  try {
    jsonSchema = standard.jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new InvalidArgumentError(`${path} has no JSON Schema: ${reason}`, { cause });
  }
  return {
    jsonSchema: clonePlain(jsonSchema, path),
    async validate(value) {
      const result = await standard.validate(value);
      return result.issues === undefined ? { value: result.value } : null;
    },
  };
}

/** A copy that is sure to cross a thread or a network border. */
function clonePlain(schema: JsonSchema, path: string): JsonSchema {
  try {
    return JSON.parse(JSON.stringify(schema)) as JsonSchema;
  } catch (cause) {
    throw new InvalidArgumentError(`${path} is no plain JSON.`, { cause });
  }
}
