import { redactSecrets } from "./redact-secrets.ts";

/** Every code that a {@link VisionError} can carry. Codes are stable; messages are not. */
export type VisionErrorCode =
  | "invalid-argument"
  | "source-not-found"
  | "unsupported-media"
  | "model-load"
  | "insufficient-memory"
  | "generation"
  | "grammar"
  | "aborted"
  | "timeout"
  | "disposed"
  | "missing-dependency"
  | "connection"
  | "api-call";

/** What every error constructor takes beside its message. */
export interface VisionErrorOptions {
  /** The lower-level error or abort reason behind this one. */
  readonly cause?: unknown;
}

const marker = Symbol.for("ocellus.error");

/**
 * The base of every error that Ocellus throws or returns. The message names the thing, its value and the remedy;
 * secrets (keys, tokens, passwords in URLs) are removed from it in this constructor.
 *
 * Use `VisionError.isInstance(error)` or `error.code` rather than `instanceof`: both also work when two copies of the
 * package are loaded.
 */
export class VisionError extends Error {
  override readonly name: string = "VisionError";
  /** Machine-readable kind of the failure. */
  readonly code: VisionErrorCode;
  /** True when the same call may succeed if it is simply made again. */
  readonly isRetryable: boolean = false;

  constructor(code: VisionErrorCode, message: string, options: VisionErrorOptions = {}) {
    super(redactSecrets(message), options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    Object.defineProperty(this, marker, { value: true });
  }

  /** True for any Ocellus error, also one from another copy of the package. */
  static isInstance(value: unknown): value is VisionError {
    return typeof value === "object" && value !== null && (value as Record<symbol, unknown>)[marker] === true;
  }

  /** The plain-data form: what `JSON.stringify` prints and what crosses a thread or a network border. */
  toJSON(): VisionErrorJson {
    return { name: this.name, code: this.code, message: this.message, details: this.details() };
  }

  /** Constructor fields of a subclass, so that {@link toJSON} can carry them. */
  protected details(): Record<string, unknown> {
    return {};
  }
}

/** The JSON form of a {@link VisionError}. */
export interface VisionErrorJson {
  readonly name: string;
  readonly code: VisionErrorCode;
  readonly message: string;
  /** Fields of the particular class (for example the byte counts of an insufficient-memory error). */
  readonly details: Readonly<Record<string, unknown>>;
}
