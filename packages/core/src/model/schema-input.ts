/** The part of the Standard Schema interface (standardschema.dev) that is used here; zod, valibot and others have it. */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    /** Standard JSON Schema; needed, because decoding is constrained by it. */
    readonly jsonSchema?: {
      readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
    };
  };
}

/** What a Standard Schema answers: the value, or the issues. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string }[] };

/** A JSON Schema object (draft 2020-12 vocabulary). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What the option `schema` accepts. */
export type SchemaInput = StandardSchema | JsonSchema;

/** The type of `result.result` for a schema: its output type, `unknown` for a bare JSON Schema. */
export type SchemaOutput<Schema> = Schema extends StandardSchema<infer Output> ? Output : unknown;
