/** Data types of arguments and results, as the service names them. */
export type DataTypeName =
  | "STR"
  | "BYTES"
  | "INT"
  | "FLOAT"
  | "BOOL"
  | "NDARRAY"
  | "JSON_DATA"
  | "TEXT"
  | "IMAGE"
  | "CONCEPT"
  | "REGION"
  | "FRAME"
  | "AUDIO"
  | "VIDEO"
  | "NAMED_FIELDS"
  | "TUPLE"
  | "LIST";

/** The default of a parameter. `opaque`: it has one, but not as a value that could be sent. */
export type FieldDefault =
  | { readonly kind: "none" }
  | { readonly kind: "value"; readonly value: unknown; readonly text: string }
  | { readonly kind: "opaque"; readonly text: string };

/** A parameter, a result, or a part of either. */
export interface MethodField {
  readonly name: string;
  readonly type: DataTypeName;
  /** LIST: the item; TUPLE: one per place; NAMED_FIELDS: one per field; else empty. */
  readonly typeArgs: readonly MethodField[];
  /** A stream of values of this type. */
  readonly isIterator: boolean;
  readonly isRequired: boolean;
  readonly default: FieldDefault;
  /** Declared with a description, range or choices (`Param`) rather than as data. */
  readonly isParam: boolean;
  readonly description: string;
  /** Advertised bounds; the server does not check them. */
  readonly range: { readonly min: number; readonly max: number; readonly step: number } | null;
  /** Advertised choices; empty when any value is allowed. */
  readonly choices: readonly string[];
}

/** How a method is called: one answer, a stream of answers, or streams both ways. */
export type MethodKind = "unary" | "server-stream" | "bidirectional";

/** A method of a model. */
export interface MethodSignature {
  readonly name: string;
  readonly kind: MethodKind;
  /** The docstring of the method; `""` without one. */
  readonly description: string;
  readonly inputs: readonly MethodField[];
  readonly output: MethodField;
}
