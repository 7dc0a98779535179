import { homedir } from "node:os";
import { join } from "node:path";
import { ModelLoadError } from "@ocellus/core";
import { readTextFile } from "./read-text-file.ts";

/** Variables of a process; `process.env` is one. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about the Hub, with the defaults of the Python client. */
export interface HubEnvironment {
  /** `HF_ENDPOINT`, else https://huggingface.co; without a slash at its end. */
  readonly endpoint: string;
  /** `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, else `hub` in `HF_HOME`. */
  readonly cacheDir: string;
  /** Name of the variable that switches the network off: `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
  readonly offlineBy: string | undefined;
  /** False with `HF_HUB_DISABLE_SYMLINKS`: snapshots get copies. */
  readonly mayLink: boolean;
}

/** A token and where it comes from, for messages. */
export interface HubToken {
  readonly value: string;
  readonly origin: string;
}

const trueValues: ReadonlySet<string> = new Set(["1", "ON", "YES", "TRUE"]);
const maxTokenFileBytes = 65_536;

/** Reads every variable about the Hub except for the token; an empty one counts as absent. */
export function readHubEnvironment(environment: Environment = process.env): HubEnvironment {
  const path = (name: string): string | undefined => pathOf(environment, name);
  const offlineBy = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].find((name) => environment[name]);
  return {
    endpoint: (environment.HF_ENDPOINT || "https://huggingface.co").replace(/\/+$/, ""),
    cacheDir: path("HF_HUB_CACHE") ?? path("HUGGINGFACE_HUB_CACHE") ?? join(homeOf(environment), "hub"),
    offlineBy: offlineBy !== undefined && isTrue(environment[offlineBy]) ? offlineBy : undefined,
    mayLink: !isTrue(environment.HF_HUB_DISABLE_SYMLINKS),
  };
}

/**
 * The token of the environment: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, else the file `HF_TOKEN_PATH` or `token` in
 * `HF_HOME`, where `hf auth login` writes it. None with `HF_HUB_DISABLE_IMPLICIT_TOKEN`.
 *
 * @throws ModelLoadError when the token file is there but cannot be read
 */
export async function readHubToken(environment: Environment = process.env): Promise<HubToken | undefined> {
  if (isTrue(environment.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined;
  for (const origin of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"]) {
    const value = clean(environment[origin]);
    if (value !== "") return { value, origin };
  }
  const file = pathOf(environment, "HF_TOKEN_PATH") ?? join(homeOf(environment), "token");
  const value = clean(await readIfPresent(file));
  return value === "" ? undefined : { value, origin: file };
}

function homeOf(environment: Environment): string {
  const cache = pathOf(environment, "XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  return pathOf(environment, "HF_HOME") ?? join(cache, "huggingface");
}

/** `~`, `$NAME` and `${NAME}` are expanded, as Python does it. */
function pathOf(environment: Environment, name: string): string | undefined {
  const value = environment[name];
  if (value === undefined || value === "") return undefined;
  return value
    .replace(/^~(?=$|[\\/])/, () => homedir())
    .replace(/\$(?:(\w+)|\{(\w+)\})/g, (text, plain, braced) => environment[plain ?? braced] ?? text);
}

function isTrue(value: string | undefined): boolean {
  return trueValues.has((value ?? "").toUpperCase());
}

function clean(token: string | undefined): string {
  return (token ?? "").replace(/[\r\n]/g, "").trim();
}

async function readIfPresent(file: string): Promise<string> {
  try {
    return await readTextFile(file, maxTokenFileBytes);
  } catch (error) {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (ModelLoadError.isInstance(error) && (cause?.code === "ENOENT" || cause?.code === "ENOTDIR")) return "";
    throw error;
  }
}
