import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readPicture, VisionError } from "./index.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-examples-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What each example must print; the answers themselves are the model's business. */
const expected: Readonly<Record<string, readonly RegExp[]>> = {
  "batch-folder": [/^12 done$/m, /^11 source-not-found$/m, /^in order: \S/m],
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
  messages: [/^answer: \w/m, /^picture tokens: [1-9]/m],
  session: [/^first: \w/m, /^second: \w/m, /^tokens that were known already: [1-9]/m, /^4 messages$/m],
  "several-prompts": [/^How many squares are there\? \w/m, /^Describe the image\. \w/m, /^refused: .*1 prompts for 2/m],
  "single-answer": [/^prompt: How many/m, /^answer: \w/m, /^finished by: stop after \d+ tokens$/m],
  sources: ["path", "file URL", "data URI", "base64", "bytes", "pixels"].map(
    (name) => new RegExp(`^${name}: \\w`, "m"),
  ),
  stream: [/^\w.* .*\n\d+ tokens, first after \d+ ms$/m, /^finished: stop$/m, /^first piece: \w/m],
  tasks: [/^vqa -> vqa: \w/m, /^phrase-grounding -> phrase-grounding: .* \d+,\d+,\d+,\d+/m, /^generic -> generic: \w/m],
};

test("every example is run, listed, and built", async () => {
  const names = (await readdir(examples)).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3));
  expect(names.sort()).toEqual(Object.keys(expected).sort());
  const readme = await readFile(join(examples, "README.md"), "utf8");
  for (const name of names) expect(readme).toContain(`[${name}.ts](${name}.ts)`);
});

describe("the example", () => {
  test.each(Object.entries(expected))("%s", async (name, lines) => {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [join(examples, "dist", `${name}.js`), folder],
      { cwd: folder, env: { ...process.env, OCELLUS_CACHE: join(folder, "cache") } },
    );
    expect(stderr).toBe("");
    for (const line of lines) expect(stdout).toMatch(line);
  });
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
