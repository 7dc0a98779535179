import { checkKnownKeys, describeValue } from "@ocellus/core";
import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";
import { configurationFields, type FieldKind } from "./configuration-field.ts";
import { environment } from "./environment.ts";
import type { InferenceConfigurationFields } from "./inference-configuration-fields.ts";

/** The fields of a new configuration. */
function defaults(): InferenceConfigurationFields {
  const fields = Object.fromEntries(Object.keys(configurationFields).map((name) => [name, null]));
  return {
    ...(fields as unknown as InferenceConfigurationFields),
    allowReducedMaskResolution: false,
    visualizePredictions: false,
    outputVisualisationFormat: "base64",
    imageExtensionsForDirectoryScan: ["jpg", "jpeg", "JPG", "JPEG", "png", "PNG"],
    clientDownsizingDisabled: true,
    defaultMaxInputSize: 1024,
    disableActiveLearning: false,
    maxConcurrentRequests: 1,
    maxBatchSize: 1,
    profilingDirectory: "./inference_profiling",
    workflowRunRetriesEnabled: environment.workflowRunRetriesEnabled(),
    modelDescriptionCache: true,
    imageEncoding: "jpeg",
    jpegQuality: 95,
    urlImages: "fetch",
    allowPrivateUrls: false,
  };
}

/** Settings of a client, checked and immutable. Missing fields have their defaults. */
export interface InferenceConfiguration extends InferenceConfigurationFields {}

// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor assigns every field of the interface
export class InferenceConfiguration {
  /**
   * @throws InvalidArgumentError for an unknown field, with the nearest known name
   * @throws InvalidParameterError for a value that the field cannot have
   */
  constructor(fields: Partial<InferenceConfigurationFields> = {}) {
    checkKnownKeys(fields, Object.keys(configurationFields), "configuration");
    const base = defaults();
    const own: Record<string, unknown> = { ...base };
    for (const [name, value] of Object.entries(fields)) {
      if (value === undefined) continue;
      const isNullable = base[name as keyof InferenceConfigurationFields] === null;
      if (value !== null || !isNullable) checkField(name, value);
      own[name] = Array.isArray(value) ? Object.freeze([...value]) : value;
    }
    Object.assign(this, own);
    // Not enumerable, so that no log of the configuration shows it.
    if (this.serviceSecret !== null) Object.defineProperty(this, "serviceSecret", { enumerable: false });
    Object.freeze(this);
  }

  /** A copy with other values. */
  with(fields: Partial<InferenceConfigurationFields>): InferenceConfiguration {
    return new InferenceConfiguration({ ...this, serviceSecret: this.serviceSecret, ...fields });
  }

  /** The fields, the service secret hidden. */
  toJSON(): Record<string, unknown> {
    return { ...(this as object), ...(this.serviceSecret === null ? {} : { serviceSecret: "***" }) };
  }
}

const tests: Readonly<Record<string, (value: unknown) => boolean>> = {
  boolean: (value) => typeof value === "boolean",
  text: (value) => typeof value === "string",
  texts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === "string"),
  confidence: (value) => value === "best" || value === "default" || isNumber(value),
  number: (value) => isNumber(value),
  fraction: (value) => isNumber(value) && value <= 1,
  whole: (value) => Number.isSafeInteger(value),
};
const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

const wanted: Readonly<Record<string, string>> = {
  boolean: "true or false",
  text: "a text",
  texts: "a list of texts",
  confidence: 'a number from 0, "best" or "default"',
  number: "a number from 0",
  fraction: "a number from 0 to 1",
  whole: "an integer",
};

function checkField(name: string, value: unknown): void {
  const field: FieldKind = configurationFields[name]!;
  const fits = field.kind === "one-of" ? field.values.includes(value as string) : tests[field.kind]!(value);
  if (fits && !(name === "jpegQuality" && ((value as number) < 1 || (value as number) > 100))) return;
  const expected = field.kind === "one-of" ? `one of ${field.values.join(", ")}` : wanted[field.kind];
  const range = name === "jpegQuality" ? " from 1 to 100" : "";
  throw new InvalidParameterError(`configuration.${name} must be ${expected}${range}; got ${describeValue(value)}.`);
}
