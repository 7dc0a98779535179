import type { Expression } from "../grammar/expression.ts";
import type { GrammarBuilder } from "../grammar/grammar-builder.ts";

/** What the compilers of objects and arrays need of the whole. */
export interface SchemaContext {
  readonly builder: GrammarBuilder;
  /**
   * The grammar of the values of a schema.
   *
   * @param pointer JSON pointer of the schema, for messages
   */
  compile(schema: unknown, pointer: string): Expression;
}
