import { readFile, stat } from "node:fs/promises";
import { InvalidArgumentError } from "@ocellus/core";
import { defaultConfigFiles, expandHome, readEnvironment } from "./environment.ts";

/** Who asks the platform. What is not given comes from the environment, then from the configuration file. */
export interface CredentialOptions {
  /** `dtvi_…` (`DATATURE_VI_SECRET_KEY`, then `secret_key` of the file). */
  readonly secretKey?: string | undefined;
  /** (`DATATURE_VI_ORGANIZATION_ID`, then `organization_id` of the file) */
  readonly organizationId?: string | undefined;
  /** Base of the API (`DATATURE_VI_API_ENDPOINT`, then `endpoint` of the file, else Datature's own). */
  readonly endpoint?: string | undefined;
  /** The file (`~/datature/vi/config.json`, else `~/.datature/vi/config.json`). */
  readonly configFile?: string | undefined;
}

/** Complete credentials. */
export interface Credentials {
  readonly secretKey: string;
  readonly organizationId: string;
  /** Without a slash at its end. */
  readonly endpoint: string;
}

const defaultEndpoint = "https://api.vi.datature.com";
const keyPrefix = "dtvi_";
const maxConfigBytes = 1024 * 1024;

/** One value with the place where it was found. */
interface Found {
  readonly value: string;
  readonly source: string;
}

/** A configuration file, as far as it is there. */
interface ConfigFile {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>> | null;
}

/**
 * Puts the credentials together: options, then environment, then configuration file, each value on its own.
 *
 * @throws InvalidArgumentError for a missing value, naming every place that was looked at; for a key that does not begin
 *   with `dtvi_`, naming where it came from; for a named file that is missing or no JSON
 */
export async function resolveCredentials(options: CredentialOptions = {}): Promise<Credentials> {
  const environment = readEnvironment();
  const file = await readConfigFile(options.configFile);
  const find = (option: "secretKey" | "organizationId" | "endpoint", variable: string, key: string): Found | null => {
    const given = options[option];
    if (given !== undefined) return { value: checkText(given, `options.${option}`), source: `options.${option}` };
    const fromEnvironment = environment[option];
    if (fromEnvironment !== null) return { value: fromEnvironment, source: `the environment variable ${variable}` };
    const fromFile = file.values?.[key];
    if (fromFile === undefined) return null;
    return { value: checkText(fromFile, `${key} of ${file.path}`), source: `${key} of ${file.path}` };
  };
  const need = (what: string, option: "secretKey" | "organizationId", variable: string, key: string): Found => {
    const found = find(option, variable, key);
    if (found !== null) return found;
    const missing = file.values === null ? "which is not there" : `which has no "${key}"`;
    throw new InvalidArgumentError(
      `${what} is required. Give options.${option}, set ${variable}, or write "${key}" into ${file.path}, ${missing}.`,
    );
  };
  const secretKey = need("The Datature Vi secret key", "secretKey", "DATATURE_VI_SECRET_KEY", "secret_key");
  if (!secretKey.value.startsWith(keyPrefix) || /[\r\n]/.test(secretKey.value)) {
    throw new InvalidArgumentError(
      `A Datature Vi secret key begins with "${keyPrefix}"; the one in ${secretKey.source} does not. Copy the whole key from the platform.`,
    );
  }
  const organization = need(
    "The Datature Vi organization ID",
    "organizationId",
    "DATATURE_VI_ORGANIZATION_ID",
    "organization_id",
  );
  const endpoint = find("endpoint", "DATATURE_VI_API_ENDPOINT", "endpoint");
  return {
    secretKey: secretKey.value,
    organizationId: checkId(organization.value, organization.source),
    endpoint: checkEndpoint(endpoint),
  };
}

/**
 * An id of the platform: letters, digits, `_` and `-`, at most 255 of them, so that it is one step of a path.
 *
 * @param what names the value in the message
 * @throws InvalidArgumentError
 */
export function checkId(value: unknown, what: string): string {
  if (typeof value === "string" && /^[a-zA-Z0-9_-]{1,255}$/.test(value)) return value;
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : typeof value;
  throw new InvalidArgumentError(
    `${what} must be an ID of 1 to 255 letters, digits, "_" and "-"; got ${shown}. Take it from the platform; a display name is no ID.`,
  );
}

function checkText(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new InvalidArgumentError(
    `${what} must be a text that is not empty; got ${value === "" ? '""' : typeof value}.`,
  );
}

function checkEndpoint(found: Found | null): string {
  if (found === null) return defaultEndpoint;
  const url = URL.canParse(found.value) ? new URL(found.value) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.search !== "") {
    throw new InvalidArgumentError(
      `The endpoint in ${found.source} must be an absolute http(s) URL without user name and query.`,
    );
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** The named file, or the first of the usual ones that is there. */
async function readConfigFile(named: string | undefined): Promise<ConfigFile> {
  const paths = named === undefined ? defaultConfigFiles() : [expandHome(checkText(named, "options.configFile"))];
  for (const path of paths) {
    const values = await readValues(path);
    if (values !== null) return { path, values };
  }
  if (named !== undefined) throw new InvalidArgumentError(`The configuration file ${paths[0]} does not exist.`);
  return { path: paths[0]!, values: null };
}

async function readValues(path: string): Promise<ConfigFile["values"]> {
  let text: string;
  try {
    if ((await stat(path)).size > maxConfigBytes) {
      throw new InvalidArgumentError(`The configuration file ${path} is larger than ${maxConfigBytes} bytes.`);
    }
    text = await readFile(path, "utf8");
  } catch (cause) {
    if (InvalidArgumentError.isInstance(cause)) throw cause;
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    const reason = (cause as NodeJS.ErrnoException).code ?? "unknown reason";
    throw new InvalidArgumentError(`The configuration file ${path} cannot be read (${reason}).`, { cause });
  }
  try {
    const values: unknown = JSON.parse(text);
    if (typeof values === "object" && values !== null && !Array.isArray(values)) return { ...values };
  } catch {
    // The parser's message quotes the file, which holds a key.
  }
  throw new InvalidArgumentError(`The configuration file ${path} holds no JSON object.`);
}
