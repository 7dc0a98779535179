import { chmodSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { InvalidArgumentError } from "@ocellus/core";
import { type ConfigFile, configPath, formatConfig, readConfigFile } from "../addressing/config-file.ts";
import { readEnvironment } from "../addressing/environment.ts";
import { defaultApiBase, resolveBaseUrl } from "../addressing/resolve-base-url.ts";

/** What `login` saves. */
export interface LoginOptions {
  readonly pat: string;
  readonly userId: string;
  readonly baseUrl?: string | undefined;
  /** Name of the context. Default: the user id, with `dev-` or `staging-` before it for such bases. */
  readonly context?: string | undefined;
}

/**
 * Saves a credential as the current context of the configuration file that the Clarifai CLI uses too. The file is
 * readable by its owner only.
 *
 * @returns name of the context and path of the file
 */
export function saveLogin({ pat, userId, baseUrl, context }: LoginOptions): {
  readonly context: string;
  readonly path: string;
} {
  if (pat.trim() === "" || userId.trim() === "") throw new InvalidArgumentError("A login needs a pat and a user id.");
  const origin = resolveBaseUrl(baseUrl ?? defaultApiBase);
  const name = context ?? contextName(origin, userId);
  const path = configPath(readEnvironment());
  const contexts: ConfigFile["contexts"] = readConfigFile(path)?.contexts ?? {};
  const settings = { ...contexts[name], CLARIFAI_PAT: pat, CLARIFAI_USER_ID: userId, CLARIFAI_API_BASE: origin };
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, formatConfig({ currentContext: name, contexts: { ...contexts, [name]: settings } }), {
    mode: 0o600,
  });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return { context: name, path };
}

function contextName(origin: string, userId: string): string {
  if (origin === defaultApiBase) return userId;
  const stage = /(?:^|[./-])(dev|staging|prod)(?:[./-]|$)/.exec(origin)?.[1] ?? "custom";
  return `${stage}-${userId}`;
}
