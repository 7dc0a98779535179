import { homedir } from "node:os";
import { join } from "node:path";

/** What the environment says; read here only. */
export interface Environment {
  /** `DATATURE_VI_SECRET_KEY` */
  readonly secretKey: string | null;
  /** `DATATURE_VI_ORGANIZATION_ID` */
  readonly organizationId: string | null;
  /** `DATATURE_VI_API_ENDPOINT` */
  readonly endpoint: string | null;
}

/** Reads the environment variables of this package. Empty ones count as absent. */
export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    secretKey: variables.DATATURE_VI_SECRET_KEY || null,
    organizationId: variables.DATATURE_VI_ORGANIZATION_ID || null,
    endpoint: variables.DATATURE_VI_API_ENDPOINT || null,
  };
}

/** Where the configuration is looked for when no file is named, in this order (vlm.md A.4, vi-checklist 13). */
export function defaultConfigFiles(): readonly string[] {
  return [join(homedir(), "datature", "vi", "config.json"), join(homedir(), ".datature", "vi", "config.json")];
}

/** Where the Vi SDK keeps downloaded models. */
export function defaultSavePath(): string {
  return join(homedir(), ".datature", "vi", "models");
}

/** The absolute form of a path; `~` is the user's folder. */
export function expandHome(path: string): string {
  return path.replace(/^~(?=$|[\\/])/, () => homedir());
}
