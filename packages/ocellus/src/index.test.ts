import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  connectNim,
  deployNim,
  drawPrediction,
  encodeImage,
  InvalidArgumentError,
  inspectModel,
  loadModel,
  parseResponse,
  readPicture,
  SourceNotFoundError,
  toPixels,
  unwrap,
  VisionError,
  type VisionModel,
  visualizePrediction,
} from "./index.ts";

const fileAt = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const checkpoint = fileAt("../../ocellus-tiny/checkpoint");
const picture = fileAt("../../ocellus-tiny/samples/hand-made-1.png");
let folder: string;
let model: VisionModel;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-facade-"));
  model = await loadModel(checkpoint, { cacheFolder: join(folder, "cache") });
});

afterAll(async () => {
  await model?.close();
  await rm(folder, { recursive: true });
});

test("the examples of the README compile under strict settings", async () => {
  const readme = await readFile(fileAt("../README.md"), "utf8");
  const examples = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  expect(examples.length).toBeGreaterThanOrEqual(4);
  // Inside of the package, so that "ocellus" resolves to it through its own exports.
  const place = fileAt("../dist/readme-examples");
  await mkdir(place, { recursive: true });
  for (const [index, text] of examples.entries()) await writeFile(join(place, `example-${index}.ts`), text);
  const options = {
    noEmit: true,
    composite: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
  };
  const config = { extends: "../../../../tsconfig.base.json", compilerOptions: options, include: ["*.ts"] };
  await writeFile(join(place, "tsconfig.json"), JSON.stringify(config));
  const compiler = fileAt("../../../node_modules/typescript/bin/tsc");
  const run = promisify(execFile)(process.execPath, [compiler, "-p", place]);
  await expect(run.catch((error: { stdout: string }) => Promise.reject(error.stdout))).resolves.toMatchObject({
    stdout: "",
  });
  await rm(place, { recursive: true });
});

test("one answer, a stream and a list from the same model", async () => {
  const request = { source: picture, userPrompt: "How many squares are there?" };
  const [result, error] = await model(request);
  expect(error).toBeNull();
  expect(result).toMatchObject({ kind: "generic", finishReason: "stop", usage: { imageTokens: expect.any(Number) } });
  expect(result!.rawOutput).not.toBe("");

  const stream = model({ ...request, stream: true });
  let streamed = "";
  for await (const text of stream) streamed += text;
  expect(streamed).toBe(result!.rawOutput);
  expect((await stream.finalCompletion()).tokenIds).toEqual(result!.tokenIds);

  const outcomes = await model({ source: [picture, join(folder, "missing.png")], userPrompt: request.userPrompt });
  expect(outcomes[0]![0]!.rawOutput).toBe(streamed);
  expect(SourceNotFoundError.isInstance(outcomes[1]![1])).toBe(true);
  expect(VisionError.isInstance(outcomes[1]![1])).toBe(true);
});

test("boxes are drawn on the picture that was asked about", async () => {
  const response = unwrap(await model({ source: picture, task: "phrase-grounding" }));
  const original = await readPicture(picture);
  expect(original).toMatchObject({ width: 336, height: 336 });
  const drawn = await encodeImage(await drawPrediction(original, response));
  expect(Buffer.from(drawn.subarray(1, 4)).toString()).toBe("PNG");
  const file = join(folder, "drawn.png");
  await writeFile(file, drawn);
  const { width, height } = await readPicture(file);
  expect(width * height).toBeGreaterThan(336 * 336);
});

test("a prediction is drawn on any source, as any format", async () => {
  const response = { kind: "vqa", prompt: "How many?", thinking: "I count.", result: { answer: "Two" } } as const;
  const bytes = await readFile(picture);
  const fromPath = await visualizePrediction(picture, response);
  expect(Buffer.from(fromPath.subarray(1, 4)).toString()).toBe("PNG");
  for (const source of [bytes, `data:image/png;base64,${bytes.toString("base64")}`]) {
    expect(Buffer.compare(await visualizePrediction(source, response), fromPath)).toBe(0);
  }
  const jpeg = await visualizePrediction(picture, response, { format: "jpeg", quality: 60 });
  expect([...jpeg.subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
  expect((await readPicture(jpeg)).width).toBe((await readPicture(fromPath)).width);
  const webp = await visualizePrediction(picture, response, { format: "webp" });
  expect(Buffer.from(webp.subarray(8, 12)).toString()).toBe("WEBP");
  await expect(visualizePrediction(join(folder, "missing.png"), response)).rejects.toThrow(SourceNotFoundError);
  await expect(visualizePrediction(picture, response, { format: "gif" as never })).rejects.toThrow(/gif/);
});

test("the parser alone, pixels and mistakes", async () => {
  const text =
    '{"phrase_grounding":{"sentence":"A cat.","groundings":[{"phrase":"cat","grounding":[[0,256,512,1024]]}]}}';
  const { result } = parseResponse(text, { task: "phrase-grounding" });
  expect(toPixels(result, { width: 200, height: 100 })).toMatchObject({
    groundings: [{ phrase: "cat", grounding: [[0, 25, 100, 100]] }],
  });
  expect(() => model({ source: picture, usrPrompt: "x" } as never)).toThrow(InvalidArgumentError);
  await expect(loadModel(folder)).rejects.toMatchObject({ code: "model-load" });
  await expect(inspectModel(checkpoint)).resolves.toMatchObject({ isLoadable: true, modelType: "qwen2_5_vl" });
});

describe("the model of a run", () => {
  const block = (name: string, settings: object): object => ({ block: name, settings, style: {} });
  const runJson = (blocks: readonly object[]): string =>
    JSON.stringify({ spec: { flow: { name: "My flow", schema: "v1", tolerations: {}, settings: {}, blocks } } });
  const modelBlock = block("model", {
    architecture: { name: "qwen25vl", size: "tiny" },
    quantization: { enabled: false, type: "NF4" },
    compute: { precisionType: "float32" },
    evaluation: { max_new_tokens: 7, repetitionPenalty: 1.5, eos_token_id: [3] },
  });
  const asked = (runId: string) => ({ runId, savePath: join(folder, "runs") });
  async function writeRun(runId: string, blocks: readonly object[]): Promise<string> {
    const modelFolder = join(folder, "runs", runId, "model_full");
    await cp(checkpoint, modelFolder, { recursive: true });
    await writeFile(join(modelFolder, "run.json"), runJson(blocks));
    return modelFolder;
  }

  test("loads with what the run says, without network and credentials", async () => {
    await writeRun("trained", [
      block("dataset", { projectKind: "vqa" }),
      block("system-prompt", { systemPrompt: "Be brief." }),
      modelBlock,
    ]);
    const cacheFolder = join(folder, "cache");
    await using loaded = await loadModel(asked("trained"), { cacheFolder });
    expect(loaded.info).toMatchObject({
      task: "vqa",
      precision: "float32",
      coordinateSpace: "relative-1024",
      systemPrompts: { vqa: "Be brief." },
      generationConfig: { maxNewTokens: 7, repetitionPenalty: 1.5 },
    });
    // The stop ids of the checkpoint still count.
    expect(loaded.info.generationConfig!.stopTokenIds).toEqual([...model.info.generationConfig!.stopTokenIds!, 3]);
    const response = unwrap(await loaded({ source: picture, userPrompt: "How many squares are there?" }));
    expect(response.usage.outputTokens).toBeLessThanOrEqual(7);
    expect(await inspectModel(asked("trained"))).toMatchObject({
      name: expect.any(String),
      isLoadable: true,
      run: { runId: "trained", checkpoint: null, adapterFolder: null, settings: { task: "vqa" } },
    });
    expect((await inspectModel(checkpoint)).run).toBeNull();
  });

  test("has its adapter merged", async () => {
    const place = join(folder, "runs", "adapted");
    const base = fileAt("../../../fixtures/checkpoints/qwen2_5_vl");
    await cp(base, join(place, "model_full"), { recursive: true, filter: (path) => !path.includes("lora-") });
    await cp(join(base, "lora-attn-mlp"), join(place, "model_adapter"), { recursive: true });
    const run = await inspectModel(asked("adapted"));
    expect(run).toMatchObject({ adapter: { folder: join(place, "model_adapter") }, problems: [] });
    await using loaded = await loadModel(asked("adapted"), { cacheFolder: join(folder, "cache") });
    expect(loaded.info.adapter).toBe(join(place, "model_adapter"));
    await expect(deployNim({ run: asked("adapted") })).rejects.toMatchObject({ failure: "model-incompatible" });
  });

  test("is served by a NIM that knows its task", async () => {
    const server = createServer((_, response) => void response.end('{"data":[{"id":"mine"}]}')).listen(0);
    const { port } = server.address() as AddressInfo;
    const docker = join(folder, "docker");
    const answers = `inspect) case "$3" in *Id*) echo abc;; *) echo running;; esac;; port) echo 0.0.0.0:${port};;`;
    await writeFile(docker, `#!/bin/sh\ncase "$1" in ${answers} esac\n`, { mode: 0o755 });
    const deployment = await deployNim({ run: asked("trained"), nvidiaApiKey: "nvapi-x", docker });
    server.close();
    expect(deployment).toMatchObject({ containerId: "abc", availableModels: ["mine"], port });
    await using served = connectNim(deployment.connectOptions);
    expect(served.info).toMatchObject({ provider: "nim", task: "vqa", systemPrompts: { vqa: "Be brief." } });
  });

  test("says what it lacks", async () => {
    await writeRun("taskless", [modelBlock]);
    await expect(loadModel(asked("taskless"))).rejects.toMatchObject({
      code: "model-load",
      message: expect.stringContaining("no dataset block"),
    });
    await expect(inspectModel(asked("nowhere"))).rejects.toMatchObject({ code: "model-load" });
    await expect(loadModel(asked("trained"), { precission: "int4" } as never)).rejects.toThrow("precision");
    await expect(loadModel({ run: "x" } as never)).rejects.toThrow(InvalidArgumentError);
  });
});
