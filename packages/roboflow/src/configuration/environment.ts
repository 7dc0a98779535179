import { InvalidParameterError } from "../errors/invalid-parameter-error.ts";

/** `true` or `false` in any case, as the Python client reads them. */
function readFlag(name: string, fallback: boolean): boolean {
  const value = process.env[name]?.toLowerCase();
  if (value === undefined || value === "") return fallback;
  if (value === "true" || value === "false") return value === "true";
  throw new InvalidParameterError(`The environment variable ${name} must be true or false.`);
}

const readList = (name: string): readonly string[] | null => {
  const value = process.env[name];
  return value === undefined || value === "" ? null : value.split(",");
};

/** The only place of this package that reads environment variables, each when it is needed. */
export const environment = {
  /** `ROBOFLOW_API_KEY`, else `API_KEY`. */
  apiKey: (): string | null => process.env.ROBOFLOW_API_KEY || process.env.API_KEY || null,
  /** `WORKFLOW_RUN_RETRIES_ENABLED`, default true. */
  workflowRunRetriesEnabled: (): boolean => readFlag("WORKFLOW_RUN_RETRIES_ENABLED", true),
  /** `EXECUTION_ID_HEADER`, default `execution_id`. */
  executionIdHeader: (): string => process.env.EXECUTION_ID_HEADER || "execution_id",
  /** `ALLOW_URL_INPUT`, default true. */
  allowUrlInput: (): boolean => readFlag("ALLOW_URL_INPUT", true),
  /** `ALLOW_NON_HTTPS_URL_INPUT`, default true. */
  allowNonHttpsUrlInput: (): boolean => readFlag("ALLOW_NON_HTTPS_URL_INPUT", true),
  /** `ALLOW_URL_INPUT_WITHOUT_FQDN`, default true. */
  allowUrlInputWithoutDomain: (): boolean => readFlag("ALLOW_URL_INPUT_WITHOUT_FQDN", true),
  /** `WHITELISTED_DESTINATIONS_FOR_URL_INPUT`, separated by commas. */
  allowedUrlHosts: (): readonly string[] | null => readList("WHITELISTED_DESTINATIONS_FOR_URL_INPUT"),
  /** `BLACKLISTED_DESTINATIONS_FOR_URL_INPUT`, separated by commas. */
  blockedUrlHosts: (): readonly string[] | null => readList("BLACKLISTED_DESTINATIONS_FOR_URL_INPUT"),
  /** `ROBOFLOW_REGION`, trimmed, in lower case. */
  region: (): string => (process.env.ROBOFLOW_REGION ?? "").trim().toLowerCase(),
  /** `ROBOFLOW_ENVIRONMENT`. */
  stage: (): string | undefined => process.env.ROBOFLOW_ENVIRONMENT || undefined,
  /** `PROJECT`, the older form of `ROBOFLOW_ENVIRONMENT`. */
  project: (): string | undefined => process.env.PROJECT || undefined,
};
