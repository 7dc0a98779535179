import { GrammarError } from "@ocellus/core";
import { isJsonObject, type JsonObject } from "../../text/json-object.ts";
import { choice, type Expression, text } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";
import { jsonLiteral, jsonValue } from "../grammar/json-text.ts";
import { arraySchema } from "./array-schema.ts";
import type { SchemaContext } from "./compile-value.ts";
import { checkKeywords, constrainingKeywords, impliedTypes, keywordsOf, listKeyword } from "./keywords.ts";
import { mergeSchemas } from "./merge-schemas.ts";
import { numberSchema } from "./number-schema.ts";
import { objectSchema } from "./object-schema.ts";
import { schemaError } from "./schema-error.ts";
import { stringSchema } from "./string-schema.ts";

/** Deeper schemas, and chains of references and alternatives, are refused. */
const maxDepth = 64;
const maxSchemaLength = 256 * 1024;

/**
 * The minified JSON texts that a JSON Schema (2020-12) allows, or a part of them where the standard leaves a choice:
 * properties come in their declared order and no others are added, prefix items are all there, formats are the common
 * kind of their values. `oneOf` is taken like `anyOf`.
 *
 * @throws GrammarError with the JSON pointer and the keyword, for what cannot be enforced; nothing is ignored
 */
export function jsonSchemaGrammar(builder: GrammarBuilder, schema: unknown): Expression {
  const length = JSON.stringify(schema)?.length ?? 0;
  if (length > maxSchemaLength) {
    throw new GrammarError(`The schema has ${length} characters, more than ${maxSchemaLength}; use a smaller one.`);
  }
  return new SchemaCompiler(builder, schema).compile(schema, "#");
}

class SchemaCompiler implements SchemaContext {
  readonly builder: GrammarBuilder;
  readonly #root: unknown;
  #depth = 0;

  constructor(builder: GrammarBuilder, root: unknown) {
    this.builder = builder;
    this.#root = root;
  }

  compile(schema: unknown, pointer: string): Expression {
    if (schema === true) return jsonValue(this.builder);
    if (!isJsonObject(schema))
      throw schemaError(pointer, "", `is ${JSON.stringify(schema)}; it must be a schema that something fits.`);
    if (++this.#depth > maxDepth) {
      throw new GrammarError(`The schema is nested more than ${maxDepth} levels deep at ${pointer}; make it flatter.`);
    }
    try {
      return this.#compileObject(schema, pointer);
    } finally {
      this.#depth--;
    }
  }

  #compileObject(schema: JsonObject, pointer: string): Expression {
    checkKeywords(schema, pointer);
    if (constrainingKeywords(schema).length === 0) return jsonValue(this.builder);
    if (schema.nullable !== undefined) {
      const { nullable, ...rest } = schema;
      return nullable === true ? choice(this.compile(rest, pointer), text("null")) : this.compile(rest, pointer);
    }
    if (schema.$ref !== undefined) return this.#compileReference(schema, pointer);
    if (schema.allOf !== undefined) return this.compile(this.#mergeAll(schema, pointer), pointer);
    for (const keyword of ["anyOf", "oneOf"])
      if (schema[keyword] !== undefined) return this.#compileUnion(schema, keyword, pointer);
    if (schema.const !== undefined || schema.enum !== undefined) return this.#compileValues(schema, pointer);
    return this.#compileTypes(schema, pointer);
  }

  #compileReference(schema: JsonObject, pointer: string): Expression {
    const { $ref, ...siblings } = schema;
    const [target, path] = this.#resolve($ref, pointer);
    if (constrainingKeywords(siblings).length === 0) {
      return this.builder.shared(`ref:${path}`, () => this.compile(target, path));
    }
    if (!isJsonObject(target)) return this.compile(target === true ? siblings : target, pointer);
    return this.compile(mergeSchemas(target, siblings, pointer), pointer);
  }

  /** A JSON pointer within the schema itself; other documents are never read. */
  #resolve(reference: unknown, pointer: string): readonly [unknown, string] {
    if (typeof reference !== "string" || !/^#(?:\/|$)/.test(reference)) {
      throw schemaError(
        pointer,
        "$ref",
        `must be a pointer into the schema itself, "#/…", got ${JSON.stringify(reference)}.`,
      );
    }
    let target: unknown = this.#root;
    for (const step of decodeURIComponentSafe(reference).split("/").slice(1)) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      const isContainer = typeof target === "object" && target !== null && Object.hasOwn(target, key);
      if (!isContainer) throw schemaError(pointer, "$ref", `${JSON.stringify(reference)} leads nowhere.`);
      target = (target as JsonObject)[key];
    }
    return [target, reference];
  }

  #mergeAll(schema: JsonObject, pointer: string): JsonObject {
    const { allOf: _, ...rest } = schema;
    let merged: JsonObject = rest;
    for (const [index, part] of listKeyword(schema, "allOf", pointer).entries()) {
      if (part === true) continue;
      merged = mergeSchemas(merged, this.#dereferenced(part, `${pointer}/allOf/${index}`), pointer);
    }
    return merged;
  }

  /** A part of `allOf` with its own reference replaced by what it points to. */
  #dereferenced(part: unknown, pointer: string): JsonObject {
    let schema = part;
    for (let depth = 0; isJsonObject(schema) && schema.$ref !== undefined; depth++) {
      if (depth > maxDepth) throw schemaError(pointer, "$ref", "refers to itself.");
      checkKeywords(schema, pointer);
      const { $ref, ...siblings } = schema;
      const [target] = this.#resolve($ref, pointer);
      schema = isJsonObject(target) ? mergeSchemas(target, siblings, pointer) : target === true ? siblings : target;
    }
    if (!isJsonObject(schema))
      throw schemaError(pointer, "", `is ${JSON.stringify(schema)}; it must be a schema that something fits.`);
    checkKeywords(schema, pointer);
    return schema;
  }

  #compileUnion(schema: JsonObject, keyword: string, pointer: string): Expression {
    const { [keyword]: _, ...rest } = schema;
    const isAlone = constrainingKeywords(rest).length === 0;
    const branches = listKeyword(schema, keyword, pointer).filter((branch) => branch !== false);
    if (branches.length === 0) throw schemaError(pointer, keyword, "has no branch that something fits.");
    return this.builder.rule("union", () =>
      choice(
        ...branches.map((branch, index) => {
          const path = `${pointer}/${keyword}/${index}`;
          if (isAlone || !isJsonObject(branch)) return this.compile(branch === true ? rest : branch, path);
          return this.compile(mergeSchemas(rest, branch, path), path);
        }),
      ),
    );
  }

  #compileValues(schema: JsonObject, pointer: string): Expression {
    const other = constrainingKeywords(schema).find((keyword) => !["const", "enum", "type"].includes(keyword));
    if (other !== undefined) throw schemaError(pointer, other, "cannot be enforced beside enum or const.");
    const values = schema.enum === undefined ? [schema.const] : listKeyword(schema, "enum", pointer);
    const types = schema.type === undefined ? null : this.#types(schema, pointer);
    const fitting = values.filter((value) => {
      const isConst = schema.const === undefined || JSON.stringify(schema.const) === JSON.stringify(value);
      return isConst && (types === null || types.some((type) => isOfType(value, type)));
    });
    if (fitting.length === 0)
      throw schemaError(pointer, schema.enum === undefined ? "const" : "enum", "has no value that fits.");
    return choice(...fitting.map(jsonLiteral));
  }

  #compileTypes(schema: JsonObject, pointer: string): Expression {
    const types = schema.type === undefined ? impliedTypes(schema) : this.#types(schema, pointer);
    const foreign = constrainingKeywords(schema).find(
      (keyword) => keyword !== "type" && !types.some((type) => keywordsOf(type).includes(keyword)),
    );
    if (foreign !== undefined) throw schemaError(pointer, foreign, `means nothing for the type ${types.join(" or ")}.`);
    const kept = types.includes("number") ? types.filter((type) => type !== "integer") : types;
    return choice(...kept.map((type) => this.#compileType(type, schema, pointer)));
  }

  #types(schema: JsonObject, pointer: string): string[] {
    const types = [schema.type].flat();
    const known = ["object", "array", "string", "number", "integer", "boolean", "null"];
    if (types.length > 0 && types.every((type) => known.includes(type as string))) return types as string[];
    throw schemaError(pointer, "type", `${JSON.stringify(schema.type)} is not known. Known: ${known.join(", ")}.`);
  }

  #compileType(type: string, schema: JsonObject, pointer: string): Expression {
    if (type === "object") return objectSchema(this, schema, pointer);
    if (type === "array") return arraySchema(this, schema, pointer);
    if (type === "string") return stringSchema(this.builder, schema, pointer);
    if (type === "boolean") return choice(text("true"), text("false"));
    if (type === "null") return text("null");
    return numberSchema(this.builder, schema, pointer, type === "integer");
  }
}

function isOfType(value: unknown, type: string): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isJsonObject(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

function decodeURIComponentSafe(reference: string): string {
  try {
    return decodeURIComponent(reference);
  } catch {
    return reference;
  }
}
