import { once } from "node:events";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";
import { describe, expect, test } from "vitest";
import { runHere } from "./testing/run-here.ts";
import { runProcess } from "./testing/run-process.ts";
import { useFolder } from "./testing/use-folder.ts";

const fixtures = fileURLToPath(new URL("../../../fixtures/", import.meta.url));
const picture = join(samplesFolder, "hand-made-1.png");
const escapeCode = "\u001b";
const folder = useFolder();

const isPng = async (path: string): Promise<boolean> =>
  (await readFile(path)).subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));

describe("usage", () => {
  test("help and version end with 0 and go to standard output", async () => {
    const help = await runHere(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const text of ["ask", "demo", "models", "Examples:", "Exit codes:"]) expect(help.stdout).toContain(text);
    expect((await runHere(["ask", "--help"])).stdout).toContain("--max-new-tokens");
    const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
    const version = { code: 0, stdout: `${manifest.version}\n`, stderr: "" };
    expect(await runProcess(["--version"])).toMatchObject(version);
  });

  test("its code is the one of the process", async () => {
    const ended = await runProcess(["ask"]);
    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toContain("missing required argument 'source'");
  });

  test.each([
    ["no command", []],
    ["an unknown command", ["aks"]],
    ["an unknown option", ["ask", picture, "--modle", "x"]],
    ["no source", ["ask"]],
    ["a plain answer without a prompt", ["ask", picture]],
    ["a prompt alone", ["ask", "How many mugs are there?"]],
    ["a bad choice", ["ask", picture, "--precision", "int5"]],
    ["a bad number", ["ask", picture, "--top-k", "many"]],
    ["a stream of several answers", ["ask", picture, picture, "--stream"]],
    ["a value that the library refuses", ["ask", picture, "Hi there", "--temperature", "3"]],
    ["a loading option that the library refuses", ["ask", picture, "Hi there", "--threads", "0"]],
  ])("%s is wrong usage", async (_, values) => {
    const { code, stdout, stderr } = await runHere(values);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).not.toBe("");
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});

describe("ask", () => {
  test("the answer is all of standard output", async () => {
    const { code, stdout, stderr } = await runProcess(["ask", picture, "How many squares are there?"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S.*\n$/);
    expect(stderr).toContain("no --model given");
    expect(stdout + stderr).not.toContain(escapeCode);
    const quiet = await runHere(["ask", picture, "How many squares are there?", "--quiet", "--no-stream"]);
    expect(quiet).toEqual({ code: 0, stdout, stderr: "" });
  });

  test("--json prints one object a line, failures among them, and the exit code tells", async () => {
    const values = ["ask", picture, "missing.png", "-p", "How many squares are there?", "--json"];
    const { code, stdout } = await runHere(values);
    expect(code).toBe(1);
    const lines = stdout.trimEnd().split("\n");
    const entries = lines.map((line) => JSON.parse(line)).sort((a, b) => a.index - b.index);
    expect(entries.map((entry) => Object.keys(entry))).toEqual(Array(2).fill(["index", "source", "result", "error"]));
    expect(entries[0]).toMatchObject({ index: 0, source: picture, error: null, result: { kind: "generic" } });
    expect(entries[1]).toMatchObject({
      index: 1,
      source: "missing.png",
      result: null,
      error: { code: "source-not-found", message: expect.stringContaining("missing.png") },
    });
  });

  test("a folder: one line per picture with its path; drawings do not overwrite each other", async () => {
    const pictures = join(folder(), "pictures");
    await mkdir(join(pictures, "inner"), { recursive: true });
    await copyFile(picture, join(pictures, "a.png"));
    await copyFile(picture, join(pictures, "inner/a.png"));
    const out = join(folder(), "drawn");
    const { code, stdout } = await runHere(["ask", pictures, "-r", "-p", "How many squares are there?", "--draw", out]);
    expect(code).toBe(0);
    // In the order in which the answers are finished.
    const lines = stdout.trimEnd().split("\n").sort();
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/pictures[\\/]a\.png: \S/);
    expect(lines[1]).toMatch(/pictures[\\/]inner[\\/]a\.png: \S/);
    expect((await readdir(out)).sort()).toEqual(["a-2.png", "a.png"]);
    expect(await isPng(join(out, "a.png"))).toBe(true);
  });

  test("a data URI and the generation options", async () => {
    const uri = `data:image/png;base64,${(await readFile(picture)).toString("base64")}`;
    const values = ["ask", uri, "Describe the image.", "-q", "--json", "--max-new-tokens", "2"];
    const { code, stdout } = await runHere(values);
    expect(code).toBe(0);
    expect(JSON.parse(stdout).result).toMatchObject({ usage: { outputTokens: 2 }, finishReason: "length" });
  });

  test("URLs at private addresses are opened only on request", async () => {
    const bytes = await readFile(picture);
    const server = createServer((_, response) => response.end(bytes)).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/shapes.png`;
    const values = ["ask", url, "How many squares are there?", "-q", "--draw", "from-url"];
    const refused = await runHere(values);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    const opened = await runHere([...values, "--allow-private-addresses"]);
    server.close();
    expect(opened).toMatchObject({ code: 0, stdout: expect.stringMatching(/\S/), stderr: "" });
    expect(await isPng(join(folder(), "from-url/shapes.png"))).toBe(true);
  });

  test("missing pictures and models are failures, not usage", async () => {
    const noPicture = await runProcess(["ask", "missing.png", "Hi there", "-q"]);
    expect(noPicture).toMatchObject({ code: 1, stdout: "" });
    expect(noPicture.stderr).toMatch(/^ocellus: .*missing\.png.*\n$/);
    const noModel = await runHere(["ask", picture, "Hi there", "--model", "nowhere"]);
    expect(noModel).toMatchObject({ code: 1, stdout: "" });
    expect(noModel.stderr).toMatch(/^ocellus: .*nowhere does not exist.*\n$/);
  });

  test("Ctrl-C ends a run cleanly with 130", async () => {
    const values = ["ask", ...Array<string>(500).fill(picture), "-p", "Describe the image.", "--json", "-q"];
    const { code, stdout, stderr } = await runProcess(values, {
      onOutput: (child) => child.killed || child.kill("SIGINT"),
    });
    expect(code).toBe(130);
    expect(stderr).toBe("");
    const lines = stdout.trimEnd().split("\n");
    expect(lines.length).toBeLessThan(500);
    for (const line of lines) expect(JSON.parse(line).error).toBeNull();
  });

  test("a reader that is gone (| head) ends a run quietly", async () => {
    const values = ["ask", ...Array<string>(500).fill(picture), "-p", "Describe the image.", "-q"];
    const { code, stderr } = await runProcess(values, { onOutput: (child) => child.stdout!.destroy() });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

describe("models inspect", () => {
  test("a checkpoint, for people and as JSON", async () => {
    const checkpoint = join(fixtures, "checkpoints/qwen2_5_vl-bf16-sharded");
    const { code, stdout, stderr } = await runHere(["models", "inspect", checkpoint]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const text of ["qwen2_5_vl", "252 K (language 173 K, vision 79.7 K)", "BF16 493 KiB in 3 files", "int4"]) {
      expect(stdout).toContain(text);
    }
    const json = await runHere(["models", "inspect", checkpoint, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      folder: checkpoint,
      isLoadable: true,
      memory: { auto: "float32" },
    });
  });

  test("what cannot be loaded ends with 1 and names every reason", async () => {
    const broken = join(folder(), "broken");
    await mkdir(broken);
    await writeFile(join(broken, "config.json"), JSON.stringify({ model_type: "gpt2" }));
    const { code, stdout } = await runHere(["models", "inspect", broken]);
    expect(code).toBe(1);
    for (const text of ["weights:", 'model_type "gpt2" is not supported', "tokenizer:", "chat template:"]) {
      expect(stdout).toContain(text);
    }
    expect(await runHere(["models", "inspect", "nowhere"])).toMatchObject({ code: 1, stdout: "" });
  });
});

test("the demo answers, measures, and writes annotated pictures", async () => {
  const { code, stdout, stderr } = await runProcess(["demo", "--out", "pictures-of-demo"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).not.toContain(escapeCode);
  expect(stdout).toContain("It knows only coloured shapes.");
  expect(stdout).toMatch(/(\d+) answers in .*, \1 right · median first token \d+ ms/);
  expect(stdout).toMatch(/^hand-made-1\.png and hand-made-3\.png in one prompt$/m);
  expect(stdout).toMatch(/^clip-1\.gif a clip$/m);
  const files = await readdir(join(folder(), "pictures-of-demo"));
  expect(files.length).toBeGreaterThanOrEqual(3);
  for (const file of files) {
    expect(stdout).toContain(join("pictures-of-demo", file));
    expect(await isPng(join(folder(), "pictures-of-demo", file))).toBe(true);
  }
});

test("the demo with another model judges nothing", async () => {
  const { code, stdout } = await runHere(["demo", "--model", checkpointFolder, "--out", join(folder(), "other")]);
  expect(code).toBe(0);
  expect(stdout).not.toMatch(/[✓✗]|\d right/);
});
