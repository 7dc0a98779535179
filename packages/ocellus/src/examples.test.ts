import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPicture, VisionError } from "./index.ts";

const examples = new URL("../../../examples/", import.meta.url);
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-examples-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What each example must print; the answers themselves are the model's business. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  "batch-folder": [/^17 done$/m, /^16 source-not-found$/m, /^in order: \S/m],
  boxes: [/^sentence: \S/m, /^.+: \d+, \d+ to \d+, \d+ pixels$/m, /^phrases: [1-9]/m],
  "chain-of-thought": [/^thinking: \w.+/m, /^answer: \w/m],
  chunks: [/^\{"name":"hand-made-4\.png","answer":".+"\}$/m, /^stopped: 11 outcomes, some of them aborted$/m],
  draw: [/^wrote answer\.png/m],
  errors: [
    /^loading: Checkpoint folder .* does not exist/m,
    /^missing: Source not found: 'missing\.png'/m,
    /^unreadable: unsupported-media worth another try: false$/m,
    /^aborted: aborted$/m,
    /^mistake: .*Did you mean "userPrompt"\?$/m,
    /^asked again about 1: source-not-found$/m,
  ],
  "export-run": [/^2 pictures, 1 failure$/m],
  "generation-settings": [/^greedy: \w/m, /^the same seed, the same text: true$/m, /^two tokens: \w/m],
  "load-options": [/^architecture: qwen2_5_vl loadable: true$/m, /: int8, /, /: int4, /, /: float32, /, /^refused: /m],
  messages: [/^answer: 1$/m, /^picture tokens: 36$/m],
  "parse-text": [/^vqa: 2 thinking: Two red discs\.$/m, /^generic: Two\.$/m],
  schema: [
    /^zod: circle$/m,
    /^JSON Schema: structured \{"answer":"red","sure":(?:true|false)\}$/m,
    /^so far: \{"vqa":\{"answer":"circle"\}\}$/m,
  ],
  session: [/^first: \w/m, /^second: \w/m, /^tokens that were known already: [1-9]/m, /^4 messages$/m],
  "several-prompts": [/^How many squares are there\? \w/m, /^Describe the image\. \w/m, /^refused: .*1 prompts for 2/m],
  "single-answer": [/^prompt: How many/m, /^answer: \w/m, /^finished by: stop after \d+ tokens$/m],
  sources: ["path", "file URL", "data URI", "base64", "bytes", "pixels"].map(
    (name) => new RegExp(`^${name}: \\w`, "m"),
  ),
  "system-prompt": [/^own: \{"vqa":\{"answer":"1"\}\}$/m, /^none: 1$/m],
  stream: [/^\w.* .*\n\d+ tokens, first after \d+ ms$/m, /^finished: stop$/m, /^first piece: \w/m],
  tasks: [/^vqa -> vqa: \w/m, /^phrase-grounding -> phrase-grounding: .* \d+,\d+,\d+,\d+/m, /^generic -> generic: \w/m],
  "two-pictures": [/^the first: a red circle and a blue square$/m, /^the triangle: green$/m, /^a circle: no$/m],
  video: [
    /^file: a green cross and a pink hexagon \(144 tokens\)$/m,
    /^animation: a pink diamond and an orange cross$/m,
    /^frames: an orange circle and a blue triangle$/m,
    /^sampled: an orange circle and a blue triangle$/m,
  ],
};

/** Runs examples one after the other in one process, each behind a line with its name. */
const runner = `
const [, , , examples, ...names] = process.argv;
for (const name of names) {
  process.stdout.write("\\0" + name + "\\n");
  await import(examples + name + ".js");
}`;

test("every example is run, listed, and built", async () => {
  const names = (await readdir(examples)).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3));
  expect(names.sort()).toEqual(Object.keys(expected).sort());
  const readme = await readFile(new URL("README.md", examples), "utf8");
  for (const name of names) expect(readme).toContain(`[${name}.ts](${name}.ts)`);
});

test("every example prints what it promises", async () => {
  const names = Object.keys(expected);
  const compiled = new URL("dist/", examples).href;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", runner, "runner", folder, compiled, ...names],
    { cwd: folder, env: { ...process.env, OCELLUS_CACHE: join(folder, "cache") } },
  );
  expect(stderr).toBe("");
  const printed = stdout.split("\0").slice(1);
  expect(printed).toHaveLength(names.length);
  for (const [index, [name, lines]] of Object.entries(expected).entries()) {
    for (const line of lines) expect(printed[index], name).toMatch(line);
  }
});

test("the files that examples write can be read", async () => {
  for (const name of ["boxes.png", "answer.png", "thinking.jpg", "own-boxes.webp"]) {
    expect((await readPicture(join(folder, name))).width).toBeGreaterThan(300);
  }
  await expect(readPicture(join(folder, "broken.png"))).rejects.toSatisfy(VisionError.isInstance);
  const coco = JSON.parse(await readFile(join(folder, "run.json"), "utf8"));
  expect(coco.annotations.length).toBeGreaterThan(0);
  expect((await readFile(join(folder, "run.csv"), "utf8")).split("\r\n")).toHaveLength(5);
  const entries = (await readFile(join(folder, "run.jsonl"), "utf8")).trimEnd().split("\n");
  expect(entries.map((line) => JSON.parse(line).error?.code)).toEqual([undefined, undefined, "source-not-found"]);
});
