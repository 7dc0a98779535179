import { readFileSync } from "node:fs";
import { InvalidArgumentError, suggestName } from "@ocellus/core";
import { configPath, readConfigFile } from "./config-file.ts";
import { type ClarifaiEnvironment, readEnvironment } from "./environment.ts";
import { defaultApiBase, resolveBaseUrl } from "./resolve-base-url.ts";

/** Who calls, and where. Every field may be left to the environment or the configuration file. */
export interface ConnectionSettings {
  /** Personal access token. Default: `CLARIFAI_PAT`, then the configuration file. */
  readonly pat?: string | undefined;
  /** Session token; used only where there is no personal access token. */
  readonly sessionToken?: string | undefined;
  /** API base. Default: `CLARIFAI_API_BASE`, then the configuration file, then the public service. */
  readonly baseUrl?: string | undefined;
  /** PEM file with the certificates to trust instead of the system's. */
  readonly rootCertificatesPath?: string | undefined;
  /** Context of the configuration file. Default: its current one. */
  readonly context?: string | undefined;
}

/** What {@link resolveSettings} found. */
export interface ResolvedSettings {
  readonly origin: string;
  /** Header that carries the credential. */
  readonly credential: Readonly<Record<string, string>>;
  readonly pat: string | null;
  readonly rootCertificates: string | undefined;
  /** Looks a setting up in environment and context: `user_id`, `app_id`, `model_id`, `deployment_id`, … */
  lookup(key: string): string | undefined;
}

/**
 * Finds credentials and base: argument, then environment, then the configuration file. A session token is used only
 * where no personal access token is found.
 *
 * @throws InvalidArgumentError when there is no credential, an unknown context, or a bad base or certificate path
 */
export function resolveSettings(
  settings: ConnectionSettings,
  environment: ClarifaiEnvironment = readEnvironment(),
): ResolvedSettings {
  const context = contextSettings(settings.context, environment);
  const fromEnvironment: Readonly<Record<string, string | undefined>> = {
    pat: environment.pat,
    session_token: environment.sessionToken,
    user_id: environment.userId,
    app_id: environment.appId,
    api_base: environment.apiBase,
    root_certificates_path: environment.rootCertificatesPath,
  };
  const lookup = (key: string): string | undefined => {
    const written = context[`CLARIFAI_${key.toUpperCase()}`] ?? context[key];
    return fromEnvironment[key] ?? (written === "ENVVAR" ? undefined : written);
  };
  // What was passed wins over what lies around; of two passed, the personal access token.
  const pat = settings.pat ?? (settings.sessionToken === undefined ? lookup("pat") : undefined) ?? null;
  const token = settings.sessionToken ?? lookup("session_token") ?? null;
  return {
    origin: resolveBaseUrl(settings.baseUrl ?? lookup("api_base") ?? defaultApiBase),
    credential: credentialHeader(pat, token),
    pat,
    rootCertificates: readCertificates(settings.rootCertificatesPath ?? lookup("root_certificates_path")),
    lookup,
  };
}

function contextSettings(name: string | undefined, environment: ClarifaiEnvironment): Readonly<Record<string, string>> {
  const config = readConfigFile(configPath(environment));
  if (config === null) {
    if (name === undefined) return {};
    throw new InvalidArgumentError(
      `options.context "${name}" is not known: there is no configuration ${configPath(environment)}.`,
    );
  }
  const context = config.contexts[name ?? config.currentContext];
  if (context !== undefined || name === undefined) return context ?? {};
  throw new InvalidArgumentError(
    `options.context "${name}" is not known. ${suggestName(name, Object.keys(config.contexts))}`,
  );
}

function credentialHeader(pat: string | null, token: string | null): Record<string, string> {
  if (pat !== null && pat !== "") return { authorization: `Key ${checkHeader(pat, "pat")}` };
  if (token !== null && token !== "") return { "x-clarifai-session-token": checkHeader(token, "sessionToken") };
  throw new InvalidArgumentError(
    "Clarifai needs a credential: pass pat, set CLARIFAI_PAT, or log in with `ocellus clarifai login`. " +
      "Tokens are made at https://clarifai.com/settings/security.",
  );
}

function checkHeader(secret: string, name: string): string {
  if (/^[\x21-\x7e]+$/.test(secret)) return secret;
  throw new InvalidArgumentError(
    `options.${name} holds characters that a header cannot carry (white space, line ends, non-ASCII).`,
  );
}

function readCertificates(path: string | undefined): string | undefined {
  if (path === undefined || path === "") return undefined;
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new InvalidArgumentError(`The root certificates ${path} cannot be read (${(cause as Error).message}).`, {
      cause,
    });
  }
}
