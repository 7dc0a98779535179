import { ModelLoadError } from "@ocellus/core";
import { findJsonError } from "./find-json-error.ts";

/**
 * Parses the text of a JSON file.
 *
 * @param file path for the message
 * @throws ModelLoadError that names the file and the line and column of the first syntax error
 */
export function parseJsonFile(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const position = findJsonError(text);
    const before = text.slice(0, position);
    const line = before.split("\n").length;
    const column = position - before.lastIndexOf("\n");
    const found =
      position < text.length ? `unexpected ${JSON.stringify(text[position])}` : "unexpected end of the file";
    throw new ModelLoadError(`${file} is not valid JSON: ${found} at line ${line}, column ${column}.`, { cause });
  }
}
