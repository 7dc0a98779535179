import { expect, test } from "vitest";
import { AbortedError } from "./aborted-error.ts";
import { ApiCallError } from "./api-call-error.ts";
import { ConnectionError } from "./connection-error.ts";
import { DisposedError } from "./disposed-error.ts";
import { errorFromJson } from "./error-from-json.ts";
import { GenerationError } from "./generation-error.ts";
import { GrammarError } from "./grammar-error.ts";
import { InsufficientMemoryError } from "./insufficient-memory-error.ts";
import { InvalidArgumentError } from "./invalid-argument-error.ts";
import { MissingDependencyError } from "./missing-dependency-error.ts";
import { ModelLoadError } from "./model-load-error.ts";
import { SourceNotFoundError } from "./source-not-found-error.ts";
import { TimeoutError } from "./timeout-error.ts";
import { toVisionError } from "./to-vision-error.ts";
import { UnsupportedMediaError } from "./unsupported-media-error.ts";
import { VisionError, type VisionErrorJson } from "./vision-error.ts";

const errors: readonly VisionError[] = [
  new AbortedError("m"),
  new ApiCallError("m", { status: 503, url: "https://example.org/infer?api_key=secret#x" }),
  new ConnectionError("m", { isRetryable: false }),
  new DisposedError("m"),
  new GenerationError("m"),
  new GrammarError("m"),
  new InsufficientMemoryError("m", { requiredBytes: 8e9, availableBytes: 1e9 }),
  new InvalidArgumentError("m"),
  new MissingDependencyError("m", { packageName: "sharp", installHint: "npm install sharp" }),
  new ModelLoadError("m"),
  new SourceNotFoundError("m"),
  new TimeoutError("m", { timeoutMs: 100 }),
  new UnsupportedMediaError("m"),
];

test.each(errors.map((error) => [error.name, error] as const))("%s crosses a border as it is", (_, error) => {
  const revived = errorFromJson(JSON.parse(JSON.stringify(error)) as VisionErrorJson);
  expect(revived).toBeInstanceOf(error.constructor);
  expect(revived.name).toBe(error.constructor.name);
  expect(revived.toJSON()).toEqual(error.toJSON());
  expect(revived.isRetryable).toBe(error.isRetryable);
});

test("every class knows its own, also those of another copy of the package, and no other", () => {
  for (const error of errors) {
    const type = error.constructor as typeof VisionError;
    const copy = Object.assign(new Error("m"), { code: error.code, [Symbol.for("ocellus.error")]: true });
    expect(type.isInstance(copy)).toBe(true);
    expect(VisionError.isInstance(copy)).toBe(true);
    expect(errors.filter((other) => type.isInstance(other))).toEqual([error]);
    expect(type.isInstance(Object.assign(new Error("m"), { code: error.code }))).toBe(false);
  }
});

test("what describes no error of this version is a GenerationError", () => {
  const foreign = [
    { code: "from-the-future", message: "m" },
    { code: "api-call", message: "m" },
    { code: "toString" },
    null,
  ];
  for (const json of foreign) expect(errorFromJson(json as never)).toBeInstanceOf(GenerationError);
});

test("anything thrown becomes a VisionError", () => {
  const own = new GrammarError("m");
  expect(toVisionError(own)).toBe(own);
  expect(toVisionError("text")).toMatchObject({ code: "generation", message: "text" });
  expect(toVisionError(undefined)).toMatchObject({ code: "generation" });
  const cause = new DOMException("stop", "AbortError");
  expect(toVisionError(cause)).toMatchObject({ code: "aborted", cause });
});

test("statuses after which the same request may succeed", () => {
  const retryable = [400, 401, 404, 408, 409, 429, 500, 503].filter(
    (status) => new ApiCallError("m", { status, url: "https://example.org" }).isRetryable,
  );
  expect(retryable).toEqual([408, 409, 429, 500, 503]);
});
