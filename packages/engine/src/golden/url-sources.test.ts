import { getEventListeners } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AbortedError, unwrap, type VisionModel } from "@ocellus/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../load-model.ts";
import { readGoldenCheckpoint } from "./golden-checkpoint.ts";
import { fixturesFolder } from "./scratch-checkpoint.ts";

const golden = readGoldenCheckpoint("qwen2_5_vl");
const expectedIds = golden.cases.find(({ id }) => id === "one-image")!.greedy.ids;
const userPrompt = "What is in this image?";
const generationConfig = { maxNewTokens: 24, minNewTokens: 24, repetitionPenalty: 1 };

let folder: string;
let server: Server;
let origin: string;
/** Answers that never come. */
let hanging = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-url-"));
  const photo = await readFile(`${fixturesFolder}images/photo.png`);
  server = createServer((request, response) => {
    if (request.url === "/photo.png") response.end(photo);
    else if (request.url === "/page.png") response.end("<html>no picture</html>");
    else if (request.url === "/hang.png") {
      hanging++;
      response.write(photo.subarray(0, 100));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

const load = (options: object): Promise<VisionModel> =>
  loadModel(golden.folder, { precision: "float32", cacheFolder: join(folder, "cache"), threads: 1, ...options });

describe("pictures from the network", () => {
  test("a loopback address is refused unless it is allowed", async () => {
    await using model = await load({});
    const [, error] = await model({ source: `${origin}/photo.png`, userPrompt, generationConfig });
    expect(error?.message).toMatch(/127\.0\.0\.1|private|loopback/);
    expect(error?.code).not.toBe("generation");
  });

  test("an allowed one is fetched; what is missing or no picture fails by itself", async () => {
    await using model = await load({ allowPrivateAddresses: true });
    const source = ["photo", "missing", "page", "photo"].map((name) => `${origin}/${name}.png`);
    const outcomes = await model({ source, userPrompt, generationConfig, showProgress: false });
    expect(outcomes.map(([answer]) => answer?.tokenIds)).toEqual([expectedIds, undefined, undefined, expectedIds]);
    expect(outcomes[1]![1]!.message).toMatch(/404/);
    expect(outcomes[2]![1]!.code).toBe("unsupported-media");
  });

  test("a server that hangs is left at once when the call is aborted; the next call is answered", async () => {
    await using model = await load({ allowPrivateAddresses: true });
    const controller = new AbortController();
    const reason = new Error("too slow");
    const pending = model({ source: `${origin}/hang.png`, userPrompt, signal: controller.signal });
    const next = model({ source: `${origin}/photo.png`, userPrompt, generationConfig });
    while (hanging === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort(reason);
    const [, error] = await pending;
    expect(AbortedError.isInstance(error) && error.cause).toBe(reason);
    expect(unwrap(await next).tokenIds).toEqual(expectedIds);
  });
});

test("a signal that lives long keeps no listener of finished calls", async () => {
  const { signal } = new AbortController();
  await using model = await load({ signal });
  for (let call = 0; call < 3; call++) {
    unwrap(await model({ messages: [{ role: "user", content: "Hi" }], generationConfig, signal }));
  }
  const stream = model({ messages: [{ role: "user", content: "Hi" }], generationConfig, signal, stream: true });
  await stream.finalCompletion();
  expect(getEventListeners(signal, "abort")).toEqual([]);
});

test("maxPixels of the model bounds what a picture costs", async () => {
  const tokens = async (options: object): Promise<number> => {
    await using model = await load(options);
    const source = `${fixturesFolder}images/big.png`;
    return unwrap(await model({ source, userPrompt, generationConfig: { maxNewTokens: 1 } })).usage.imageTokens;
  };
  const [small, own, large] = [
    await tokens({ maxPixels: 3136 }),
    await tokens({}),
    await tokens({ maxPixels: 100_352 }),
  ];
  // 28 × 28 pixels are one token.
  expect(small).toBeLessThanOrEqual(4);
  expect(own).toBeLessThanOrEqual(10);
  expect(large).toBeGreaterThan(10);
  expect(large).toBeLessThanOrEqual(128);
});
