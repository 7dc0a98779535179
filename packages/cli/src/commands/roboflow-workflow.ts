import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "../command-error.ts";
import { printableOn } from "../output/printable.ts";
import { writeMessage, writeOutput } from "../output/write-output.ts";
import { openRoboflow, type RoboflowServerOptions, selectWorkflow } from "./roboflow-client.ts";

/** Options of `ocellus roboflow workflow`. */
export interface RoboflowWorkflowOptions extends RoboflowServerOptions {
  readonly spec?: string;
  readonly image?: readonly string[];
  readonly param?: readonly string[];
  readonly save?: string;
}

/**
 * `ocellus roboflow workflow`: runs a workflow once and prints one output a line. Pictures in the outputs are written
 * to `--save`, and named in the output by their path.
 *
 * @returns exit code 0; failures are thrown
 */
export async function roboflowWorkflow(
  name: string | undefined,
  options: RoboflowWorkflowOptions,
  signal: AbortSignal,
): Promise<number> {
  const choice = await selectWorkflow(name, options.spec);
  await using opened = openRoboflow(options);
  const client = opened.with({ configuration: { outputVisualisationFormat: "raw" } });
  const outputs = await client.runWorkflow({
    ...choice,
    images: imagesOf(options.image ?? []),
    parameters: Object.fromEntries(
      (options.param ?? []).map((text) => [...splitPair(text, "--param")].map(parseValue)),
    ),
    signal,
  });
  if (options.save !== undefined) await mkdir(options.save, { recursive: true });
  for (const [index, output] of outputs.entries()) {
    const shown = await withoutPictures(output, `${index}`, options.save);
    const text = options.json === true ? JSON.stringify(shown) : JSON.stringify(shown, null, 2);
    await writeOutput(`${printableOn(process.stdout, text)}\n`);
  }
  return 0;
}

function imagesOf(pairs: readonly string[]): Record<string, string | string[]> {
  const images: Record<string, string | string[]> = {};
  for (const pair of pairs) {
    const [name, source] = splitPair(pair, "--image");
    const earlier = images[name];
    images[name] = earlier === undefined ? source : [earlier, source].flat();
  }
  return images;
}

function splitPair(text: string, option: string): [name: string, value: string] {
  const at = text.indexOf("=");
  if (at < 1) throw new CommandError(`${option} ${JSON.stringify(text)} has not the form name=value.`, 2);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The name stays; a value is JSON when it can be read as such, else a text. */
function parseValue(text: string, index: number): unknown {
  if (index === 0) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Replaces pictures by the path of a file, or by their length when none is to be written. */
async function withoutPictures(value: unknown, place: string, folder: string | undefined): Promise<unknown> {
  if (Array.isArray(value)) {
    return await Promise.all(value.map((entry, index) => withoutPictures(entry, `${place}-${index}`, folder)));
  }
  if (typeof value !== "object" || value === null) return value;
  const { type, value: base64 } = value as { type?: unknown; value?: unknown };
  if (type === "base64" && typeof base64 === "string") return await savePicture(base64, place, folder);
  const entries = Object.entries(value).map(
    async ([key, entry]) =>
      [key, await withoutPictures(entry, `${place}-${key.replace(/\W+/g, "_")}`, folder)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function savePicture(base64: string, place: string, folder: string | undefined): Promise<string> {
  const bytes = Buffer.from(base64.replace(/^data:[^,]*,/, ""), "base64");
  if (folder === undefined) return `picture of ${bytes.length} bytes; use --save`;
  const path = join(folder, `output-${place}.${bytes[0] === 0x89 ? "png" : "jpg"}`);
  await writeFile(path, bytes);
  writeMessage(`ocellus: wrote ${path}\n`);
  return path;
}
