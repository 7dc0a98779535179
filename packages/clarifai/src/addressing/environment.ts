/** The environment variables that this package reads; nothing else of it does. */
export interface ClarifaiEnvironment {
  readonly pat: string | undefined;
  readonly sessionToken: string | undefined;
  readonly userId: string | undefined;
  readonly appId: string | undefined;
  readonly apiBase: string | undefined;
  readonly ui: string | undefined;
  readonly rootCertificatesPath: string | undefined;
  /** Path of the configuration file, in place of `~/.config/clarifai/config`. */
  readonly configPath: string | undefined;
}

/** Reads the `CLARIFAI_…` variables; an empty one counts as not set. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ClarifaiEnvironment {
  const read = (name: string): string | undefined => (env[name] === "" ? undefined : env[name]);
  return {
    pat: read("CLARIFAI_PAT"),
    sessionToken: read("CLARIFAI_SESSION_TOKEN"),
    userId: read("CLARIFAI_USER_ID"),
    appId: read("CLARIFAI_APP_ID"),
    apiBase: read("CLARIFAI_API_BASE"),
    ui: read("CLARIFAI_UI"),
    rootCertificatesPath: read("CLARIFAI_ROOT_CERTIFICATES_PATH"),
    configPath: read("CLARIFAI_CONFIG"),
  };
}
