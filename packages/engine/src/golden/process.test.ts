import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixturesFolder } from "./scratch-checkpoint.ts";

const entry = new URL("../../dist/index.js", import.meta.url).href;
const checkpoint = `${fixturesFolder}checkpoints/qwen2_5_vl`;
const picture = `${fixturesFolder}images/photo.png`;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-process-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a program in a process of its own, which must end by itself. Returns what it printed. */
async function run(name: string, body: string, args: readonly string[] = []): Promise<string> {
  const program = join(folder, `${name}.mjs`);
  const options = `{ precision: "float32", cacheFolder: ${JSON.stringify(join(folder, "cache"))}, threads: 1 }`;
  await writeFile(
    program,
    `import { loadModel } from ${JSON.stringify(entry)};
     const load = (more = {}) => loadModel(${JSON.stringify(checkpoint)}, { ...${options}, ...more });
     const question = { source: ${JSON.stringify(picture)}, userPrompt: "What is in this image?" };
     ${body}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [program, ...args], {
    timeout: 50_000,
    killSignal: "SIGKILL",
  });
  return stdout;
}

describe("the process ends by itself", () => {
  // ONNX Runtime's reporting, which is off, crashes at a long command line.
  test("with a loaded model that is idle and was not closed; with a command line of many files", async () => {
    const files = Array.from({ length: 2000 }, (_, index) => `photos/picture-${index}.jpg`);
    const printed = await run(
      "idle",
      `const model = await load();
       const [answer, error] = await model({ ...question, generationConfig: { maxNewTokens: 3 } });
       console.log(error ?? answer.tokenIds.length, process.env.ORT_DISABLE_TELEMETRY);`,
      files,
    );
    expect(printed).toBe("3 1\n");
  });

  test("after an answer that nobody awaits has come", async () => {
    const printed = await run(
      "pending",
      `const model = await load();
       model({ ...question, generationConfig: { maxNewTokens: 40, minNewTokens: 40 } }).then(([answer]) => {
         console.log(answer.tokenIds.length);
       });`,
    );
    expect(printed).toBe("40\n");
  });

  test("after loading failed, was aborted, or a model was closed while it answered", async () => {
    const printed = await run(
      "failures",
      `const codeOf = (promise) => promise.then(() => "loaded", (error) => error.code);
       console.log(await codeOf(loadModel("/nowhere/at/all")));
       const controller = new AbortController();
       const loading = codeOf(load({ signal: controller.signal, onProgress: () => controller.abort() }));
       console.log(await loading);
       const model = await load();
       const pending = model({ ...question, generationConfig: { maxNewTokens: 3000, minNewTokens: 3000 } });
       await model.close();
       console.log((await pending)[1].code);`,
    );
    expect(printed.split("\n")).toEqual(["model-load", "aborted", "disposed", ""]);
  });

  test("with several models at once", async () => {
    const printed = await run(
      "several",
      `const models = await Promise.all([load(), load(), load({ precision: "int8" })]);
       const generationConfig = { maxNewTokens: 5, minNewTokens: 5 };
       const answers = await Promise.all(models.map((model) => model({ ...question, generationConfig })));
       console.log(answers.map(([answer]) => answer.tokenIds.length).join());
       await models[1].close();`,
    );
    expect(printed).toBe("5,5,5\n");
  });

  test("when process.exit is called in the middle of an answer", async () => {
    const printed = await run(
      "exit",
      `const model = await load();
       const stream = model({ ...question, generationConfig: { maxNewTokens: 3000, minNewTokens: 3000 }, stream: true });
       for await (const piece of stream) {
         console.log(typeof piece);
         process.exit(0);
       }`,
    );
    expect(printed).toBe("string\n");
  });
});

test("importing the package starts no thread and loads no native module", async () => {
  const printed = await run(
    "import",
    `import { report } from "node:process";
     const native = report.getReport().sharedObjects.filter((path) => /onnxruntime|sharp|vips|skia/.test(path));
     console.log(native.length, typeof load);`,
  );
  expect(printed).toBe("0 function\n");
});
