import type { ResponseBase } from "./response-base.ts";

/** Plain text: the answer of the task `generic`, and of any other task whose text could not be parsed. */
export interface GenericResponse extends ResponseBase {
  readonly kind: "generic";
  readonly result: string;
}

/**
 * A string on which the members of `Result` may be read (they are `undefined`), so that `response.result.answer`
 * compiles before `kind` was checked and has the honest type `string | undefined`.
 */
export type UnparsedText<Result> = Result extends readonly unknown[]
  ? string
  : Result extends object
    ? string & { readonly [Key in Exclude<keyof Result, keyof string>]?: undefined }
    : string;

/** The {@link GenericResponse} that a call for a structured `Result` falls back to when the text does not parse. */
export interface UnparsedResponse<Result> extends ResponseBase {
  readonly kind: "generic";
  readonly result: UnparsedText<Result>;
}
