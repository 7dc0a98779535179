import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { encodeImage } from "@ocellus/media";
import { afterEach, describe, expect, test } from "vitest";
import { shrinkTo } from "./images/image-scale.ts";
import { rescalePrediction } from "./results/rescale-prediction.ts";
import { bodyOf, clientOf, closeAll, failure, serve, serveJson } from "./testing/listen.ts";

// Each test is a bug of the Python client (or of its server) that this client must not have.
afterEach(closeAll);
const key = "test-key-1234567890";
const picture = { data: new Uint8Array(12), width: 2, height: 2, channels: 3 };
const description = {
  models: [{ model_id: "a/1", task_type: "object-detection", input_width: null, input_height: null }],
};

describe("keys", () => {
  test("do not leak through errors of the registry, causes, logs or console.log", async () => {
    const { url } = await serve((request, response) => response.writeHead(401).end(`denied: ${request.url}`));
    const log: string[] = [];
    const write = (message: string): void => void log.push(message);
    const client = clientOf(url, { logger: { debug: write, info: write, warn: write, error: write } });
    const error = await failure(client.listLoadedModels());
    const shown = [inspect(error, { depth: 9 }), JSON.stringify(error), inspect(client, { depth: 9 }), ...log].join();
    expect(shown).not.toContain(key);
    expect(JSON.stringify(client)).not.toContain(key);
    expect(error.apiMessage).toContain("te***90");
  });

  test("do not leak when a server repeats them in its message, encoded or not", async () => {
    const apiKey = "a&b=c d/ef+gh";
    const { url } = await serve((request, response) => {
      response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify({ message: `${apiKey} ${request.url}`, detail: [{ msg: apiKey }] }));
    });
    const error = await failure(clientOf(url, { apiKey }).listLoadedModels());
    const shown = inspect(error, { depth: 9 });
    for (const spelling of [apiKey, encodeURIComponent(apiKey), "a%26b%3Dc+d%2Fef%2Bgh"]) {
      expect(shown).not.toContain(spelling);
    }
  });

  test("with & and = stay one parameter", async () => {
    const { url, requests } = await serveJson(() => ({ models: [] }));
    await clientOf(url, { apiKey: "a&b=c" }).listLoadedModels();
    expect(requests).toEqual(["GET /model/registry?api_key=a%26b%3Dc"]);
  });

  test("that are missing are not sent as the text None", async () => {
    const { url, requests } = await serveJson(() => ({ models: [], result: "" }));
    const client = clientOf(url, { apiKey: null });
    await client.listLoadedModels();
    await client.with({ mode: "v0" }).ocrImage(picture);
    expect(requests.join()).not.toContain("None");
  });

  test("that look like a part of JSON do not garble the server's report; long reports are read whole", async () => {
    const body = { message: "m".repeat(50_000), error_type: "WorkflowSyntaxError", blocks_errors: [{ block_id: "k" }] };
    const { url } = await serve((_request, response) => {
      response.writeHead(400, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    const expected = { errorType: "WorkflowSyntaxError", blocksErrors: [{ block_id: "k" }] };
    for (const apiKey of ["k", "error_type"]) {
      const error = await failure(clientOf(url, { apiKey }).runWorkflow({ specification: {} }));
      expect(error).toMatchObject(expected);
      expect(error.message.length).toBeLessThan(5_000);
    }
  });

  test("and service secrets stay out of messages", async () => {
    const { url } = await serve((request, response) => response.writeHead(500).end(String(request.url)));
    const client = clientOf(url, { configuration: { serviceSecret: "hush-hush-hush" } });
    const error = await failure(client.inferLmm(picture, { modelId: "m" }));
    expect(inspect(error) + inspect(client.inferenceConfiguration)).not.toContain("hush-hush");
  });
});

describe("errors keep what the server said", () => {
  test("after the last try of a workflow", async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(503, { "content-type": "application/json" }).end('{"message":"still loading"}');
    });
    const error = await failure(clientOf(url).runWorkflow({ specification: {} }));
    expect(error).toMatchObject({ name: "HTTPCallError", status: 503, apiMessage: "still loading" });
  });

  test.each([
    ["a list", "[1,2]"],
    ["damaged JSON", '{"message":'],
    ["null", "null"],
  ])("the status when the body is %s", async (_what, body) => {
    const { url } = await serve((_request, response) => {
      response.writeHead(418, { "content-type": "application/json" }).end(body);
    });
    expect(await failure(clientOf(url).getServerInfo())).toMatchObject({ name: "HTTPCallError", status: 418 });
  });

  test("an inner message of null is not appended", async () => {
    const { url } = await serve((_request, response) => {
      const body = {
        message: "m",
        inner_error_message: null,
        error_type: "StepExecutionError",
        blocks_errors: [{ block_id: "s" }],
      };
      response.writeHead(500, { "content-type": "application/json" }).end(JSON.stringify(body));
    });
    expect(await failure(clientOf(url).runWorkflow({ specification: {} }))).toMatchObject({
      apiMessage: "m",
      errorType: "StepExecutionError",
      blocksErrors: [{ block_id: "s" }],
    });
  });

  test("204 is a typed error", async () => {
    const { url } = await serve((_request, response) => response.writeHead(204).end());
    expect(await failure(clientOf(url).getServerInfo())).toMatchObject({ name: "InvalidResponseError", status: 204 });
  });
});

describe("batches", () => {
  test.each([1, 3])("%i results for 2 pictures are an error, not dropped", async (count) => {
    const { url } = await serveJson((path) =>
      path.startsWith("/model") ? description : Array.from({ length: count }, () => ({ predictions: [] })),
    );
    const client = clientOf(url, { configuration: { maxBatchSize: 2 } });
    const error = await failure(client.infer([picture, picture], { modelId: "a/1" }));
    expect(error.message).toContain(`${count} results for 2 pictures`);
  });

  test("CLIP embeddings are split also when the server leaves out null members", async () => {
    const { url } = await serveJson(() => ({ embeddings: [[1], [2]] }));
    const client = clientOf(url, { configuration: { maxBatchSize: 2 } });
    expect(await client.getClipImageEmbeddings([picture, picture])).toHaveLength(2);
  });

  test("a V1 inference asks the registry once, not before every picture", async () => {
    const { url, requests } = await serveJson((path) =>
      path.startsWith("/model") ? description : { predictions: [] },
    );
    const client = clientOf(url);
    for (let i = 0; i < 3; i++) await client.infer(picture, { modelId: "a/1" });
    expect(requests.filter((line) => line.includes("/model/registry"))).toHaveLength(1);
    await client.unloadModel("a/1");
    await client.infer(picture, { modelId: "a/1" });
    expect(requests.filter((line) => line.includes("/model/registry"))).toHaveLength(2);
  });
});

describe("scaling back", () => {
  const scale = shrinkTo({ width: 1600, height: 900 }, { width: 500, height: 500 })!;

  test("restores the exact size, although a side was rounded", () => {
    expect(scale.sent).toEqual({ width: 500, height: 281 });
    const result = rescalePrediction({ image: { width: 500, height: 281 } }, scale);
    expect(result.image).toEqual({ width: 1600, height: 900 });
  });

  test("looks at every prediction, not only the first", () => {
    const box = { x: 100, y: 100, width: 10, height: 10 };
    const predictions = [
      box,
      { ...box, points: [{ x: 50, y: 281 }] },
      { ...box, keypoints: [{ x: 25, y: 0, class: "a" }] },
    ];
    const result = rescalePrediction({ predictions }, scale).predictions as Record<
      string,
      { x: number; y: number }[]
    >[];
    expect(result[1]!.points).toEqual([{ x: 160, y: 900 }]);
    expect(result[2]!.keypoints).toEqual([{ x: 80, y: 0, class: "a" }]);
  });

  test("scales points and key points of one prediction", () => {
    const predictions = [{ x: 1, y: 1, points: [{ x: 50, y: 0 }], keypoints: [{ x: 50, y: 0 }] }];
    const [one] = rescalePrediction({ predictions }, scale).predictions as Record<string, unknown>[];
    expect(one!.points).toEqual(one!.keypoints);
  });

  test("a side that would vanish keeps one pixel, where OpenCV and Pillow fail", () => {
    expect(shrinkTo({ width: 1000, height: 7 }, { width: 64, height: 64 })?.sent).toEqual({ width: 64, height: 1 });
  });

  test("picture lists in `image` do not fail", () => {
    const image = [{ width: 1, height: 1 }];
    expect(rescalePrediction({ image, predictions: [] }, scale).image).toEqual(image);
  });
});

test("settings of one task do not leak into another that runs at the same time", async () => {
  const { url, requests } = await serveJson(() => ({ response: "" }));
  const client = clientOf(url).selectModel("a/1");
  const inner = client.useConfiguration({ source: "inner" }, async (other) => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await other.inferLmm(picture, { modelId: "m" });
  });
  await client.inferLmm(picture, { modelId: "m" });
  await client.useModel("b/2", (other) => expect(other.selectedModel).toBe("b/2"));
  await inner;
  expect(requests.map((line) => line.includes('"source":"inner"'))).toEqual([false, true]);
  expect(client.selectedModel).toBe("a/1");
  await expect(client.useApiV0(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
  expect(client.clientMode).toBe("v1");
});

describe("folders", () => {
  test("keep the spelling of their files and a fixed order; an endless one is read one by one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ocellus-"));
    const bytes = await encodeImage({ data: new Uint8Array(12), width: 2, height: 2 });
    for (const name of ["b.PNG", "10.png", "2.png", "note.txt", "c.gif"]) writeFileSync(join(folder, name), bytes);
    const { url, requests } = await serveJson((path) =>
      path.startsWith("/model") ? description : { predictions: [] },
    );
    const client = clientOf(url);
    const seen: unknown[] = [];
    for await (const [reference] of client.inferOnStream(folder, { modelId: "a/1" })) {
      seen.push(reference);
      // Nothing is sent ahead of the consumer.
      expect(requests.filter((line) => line.includes("/infer/"))).toHaveLength(seen.length);
    }
    expect(seen).toEqual(["10.png", "2.png", "b.PNG"].map((name) => join(folder, name)));
    rmSync(folder, { recursive: true });
  });

  test("leaving the loop closes the source", async () => {
    const { url } = await serveJson((path) => (path.startsWith("/model") ? description : { predictions: [] }));
    let closed = false;
    async function* frames() {
      try {
        for (;;) yield picture;
      } finally {
        closed = true;
      }
    }
    for await (const [index] of clientOf(url).inferOnStream(frames(), { modelId: "a/1" })) {
      if (index === 2) break;
    }
    expect(closed).toBe(true);
  });
});

describe("pictures", () => {
  test("bytes, file URLs, data URIs, pixels with alpha and grey pixels are accepted", async () => {
    const { url, requests } = await serveJson(() => ({ response: "" }));
    const png = await encodeImage({ data: new Uint8Array(12), width: 2, height: 2 });
    const text = Buffer.from(png).toString("base64");
    const client = clientOf(url);
    const alpha = { data: new Uint8Array(16), width: 2, height: 2, channels: 4 };
    const grey = { data: new Uint8ClampedArray(4), width: 2, height: 2, channels: 1 };
    for (const image of [png, Buffer.from(png), `data:image/png;base64,${text}`, alpha, grey]) {
      await client.inferLmm(image, { modelId: "m" });
    }
    const sent = requests.map(
      (line) => (JSON.parse(line.slice(line.indexOf("{"))) as { image: { value: string } }).image.value,
    );
    expect(sent.slice(0, 3)).toEqual([text, text, `data:image/png;base64,${text}`]);
    expect(sent[3]).toMatch(/^\/9j\//);
  });

  test("a list with a missing file is refused before anything is sent", async () => {
    const { url, requests } = await serveJson(() => ({ response: "" }));
    const error = await failure(clientOf(url).inferLmm([picture, "no-such-file.png"], { modelId: "m" }));
    expect(error).toMatchObject({ name: "SourceNotFoundError" });
    expect(await failure(clientOf(url).inferLmm(7 as never, { modelId: "m" }))).toMatchObject({
      name: "InvalidInputFormatError",
    });
    expect(requests).toEqual([]);
  });

  test("URLs are sent for the server to fetch, when configured", async () => {
    const { url, requests } = await serveJson(() => ({ response: "" }));
    const client = clientOf(url, { configuration: { urlImages: "send" } });
    await client.inferLmm("https://example.com/a.png", { modelId: "m" });
    expect(requests[0]).toContain('"image":{"type":"url","value":"https://example.com/a.png"}');
    const refusing = clientOf(url, { configuration: { urlImages: "refuse" } });
    expect(await failure(refusing.inferLmm("https://example.com/a.png", { modelId: "m" }))).toMatchObject({
      name: "InvalidUrlImageInputError",
    });
  });
});

test("profiling traces of one second do not overwrite each other", async () => {
  const { url } = await serveJson(() => ({ outputs: [], profiler_trace: [{ name: "step" }] }));
  const profilingDirectory = join(mkdtempSync(join(tmpdir(), "ocellus-")), "traces");
  const client = clientOf(url, { configuration: { profilingDirectory } });
  for (let i = 0; i < 2; i++) await client.runWorkflow({ specification: {}, enableProfiling: true });
  const files = readdirSync(profilingDirectory);
  expect(files).toHaveLength(2);
  for (const file of files) {
    expect(file).toMatch(/^workflow_execution_tack_\d{4}(_\d\d){5}(_\d)?\.json$/);
    expect(JSON.parse(readFileSync(join(profilingDirectory, file), "utf8"))).toEqual([{ name: "step" }]);
  }
  rmSync(join(profilingDirectory, ".."), { recursive: true });
});

test("a pipeline id cannot lead to another path", async () => {
  const { url, requests } = await serveJson(() => ({}));
  await clientOf(url).getInferencePipelineStatus("../model/clear");
  expect(requests[0]).toMatch(/^GET \/inference_pipelines\/..%2Fmodel%2Fclear\/status /);
});

test("pictures of workflow outputs keep their metadata, when asked for", async () => {
  const image = { type: "base64", value: "aGk=", video_metadata: { frame_number: 3 } };
  const { url } = await serveJson(() => ({ outputs: [{ o: image }] }));
  expect(await clientOf(url).runWorkflow({ specification: {} })).toEqual([{ o: "aGk=" }]);
  const client = clientOf(url, { configuration: { outputVisualisationFormat: "raw" } });
  expect(await client.runWorkflow({ specification: {} })).toEqual([{ o: image }]);
});

test("options that nobody knows are refused with the nearest name", async () => {
  const client = clientOf("http://127.0.0.1:1");
  const error = await failure(client.infer(picture, { modelID: "a/1" } as object));
  expect(error.message).toContain("modelId");
  expect(await failure(client.runWorkflow({ specification: {}, workspace: "w" } as object))).toMatchObject({
    code: "invalid-argument",
  });
});

test("bodies are read to the end before an answer: no half-read requests", async () => {
  const lengths: number[] = [];
  const { url } = await serve(async (request, response) => {
    lengths.push((await bodyOf(request)).length);
    response.end('{"response":"ok"}');
  });
  const pixels = {
    data: new Uint8Array(3_000_000).map((_, i) => (i * 7919) % 251),
    width: 1000,
    height: 1000,
    channels: 3,
  };
  const client = clientOf(url, { configuration: { maxConcurrentRequests: 4, imageEncoding: "png" } });
  await client.inferLmm([pixels, pixels, pixels, pixels], { modelId: "m" });
  expect(new Set(lengths).size).toBe(1);
});
