import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@ocellus/core";
import type { ClarifaiEnvironment } from "./environment.ts";

/** The configuration file of the Clarifai CLI. */
export interface ConfigFile {
  readonly currentContext: string;
  /** Settings by context name, keys as written (`CLARIFAI_PAT`, …). */
  readonly contexts: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A configuration is a few hundred bytes. */
const maxBytes = 1024 * 1024;

/** Where the configuration file lies. */
export function configPath(environment: ClarifaiEnvironment): string {
  return environment.configPath ?? join(homedir(), ".config", "clarifai", "config");
}

/** Reads the configuration file; `null` when there is none. @throws InvalidArgumentError when it cannot be read */
export function readConfigFile(path: string): ConfigFile | null {
  try {
    if (statSync(path).size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    return parseConfig(readFileSync(path, "utf8"));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new InvalidArgumentError(`The configuration ${path} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}

/**
 * Reads the YAML that the CLI writes: `current_context` and `contexts`, each a block of `KEY: value`, in two or three
 * levels of indentation; quoted and plain texts, comments.
 */
export function parseConfig(text: string): ConfigFile {
  let currentContext = "";
  const contexts: Record<string, Record<string, string>> = {};
  let section = "";
  let context: { readonly indent: number; readonly name: string } | null = null;
  for (const { indent, key, value } of entriesOf(text)) {
    if (indent === 0) {
      section = key;
      context = null;
      if (key === "current_context") currentContext = value;
    } else if (section !== "contexts") {
      // Other sections are the CLI's own.
    } else if (value === "" && (context === null || indent <= context.indent)) {
      context = { indent, name: key };
      contexts[key] = {};
    } else if (context !== null && value !== "") {
      contexts[context.name]![key] = value;
    }
  }
  return { currentContext, contexts };
}

function* entriesOf(text: string): Generator<{ indent: number; key: string; value: string }, undefined, undefined> {
  for (const line of text.split(/\r?\n/)) {
    const match = /^(\s*)([^\s#:][^:]*?)\s*:(?:\s+(.*))?$/.exec(line);
    if (match === null) continue;
    const value = (match[3] ?? "").replace(/\s+#.*$/, "").trim();
    yield { indent: match[1]!.length, key: unquote(match[2]!), value: unquote(value) };
  }
}

/** The file's text for a configuration: every value quoted as JSON, which YAML reads. */
export function formatConfig({ currentContext, contexts }: ConfigFile): string {
  const lines = [`current_context: ${JSON.stringify(currentContext)}`, "contexts:"];
  for (const [name, settings] of Object.entries(contexts)) {
    lines.push(`  ${JSON.stringify(name)}:`);
    for (const [key, value] of Object.entries(settings)) lines.push(`    ${key}: ${JSON.stringify(value)}`);
  }
  return `${lines.join("\n")}\n`;
}

function unquote(text: string): string {
  if (/^".*"$/.test(text)) {
    try {
      return String(JSON.parse(text));
    } catch {
      return text.slice(1, -1);
    }
  }
  return /^'.*'$/.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}
