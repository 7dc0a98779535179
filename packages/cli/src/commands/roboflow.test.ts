import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeImage, VisionError } from "ocellus";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { createProgram } from "../create-program.ts";
import { captureOutput } from "../testing/capture-output.ts";

const requests: string[] = [];
const box = { x: 20, y: 15, width: 10, height: 8, confidence: 0.9, class: "mug", class_id: 0 };
const answers: Readonly<Record<string, unknown>> = {
  "/info": { name: "Stub", version: "1", uuid: "u" },
  "/model/registry": {
    models: [{ model_id: "a/1", task_type: "object-detection", input_width: 64, input_height: 64 }],
  },
  "/model/remove": { models: [] },
  "/infer/object_detection": { image: { width: 40, height: 30 }, predictions: [box, box] },
  "/inference_pipelines/list": { pipelines: ["p1"] },
  "/ws/workflows/wf": { outputs: [{ count: 2, view: { type: "base64", value: "/9j/AAAA" } }] },
};
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const [path = ""] = (request.url ?? "").split("?");
    requests.push(`${request.method} ${path} ${Buffer.concat(chunks).toString()}`);
    const answer = answers[path];
    response.writeHead(answer === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(answer ?? { message: "not here" }));
  });
});
let url: string;
const folder = mkdtempSync(join(tmpdir(), "ocellus-"));
const picture = join(folder, "desk.png");
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  vi.stubEnv("ROBOFLOW_API_URL", url);
  vi.stubEnv("ROBOFLOW_API_KEY", "secret-key-123456");
  writeFileSync(picture, await encodeImage({ data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 }));
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});
afterEach(() => {
  requests.length = 0;
});

/** Runs `ocellus roboflow …`; returns the exit code and what it printed. */
async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let code = 0;
  const program = createProgram(new AbortController().signal, (exit) => (code = exit));
  const { stdout, stderr } = await captureOutput(() => program.parseAsync(["roboflow", ...args], { from: "user" }));
  return { code, out: stdout, err: stderr };
}

describe("ocellus roboflow", () => {
  test("info and models", async () => {
    expect((await run("info")).out).toBe("Stub 1 (u)\n");
    expect((await run("models")).out).toBe("a/1  object-detection  64x64\n");
    expect(JSON.parse((await run("models", "list", "--json")).out)).toMatchObject({ modelId: "a/1" });
    expect((await run("models", "unload", "a/1")).out).toBe("");
    await expect(run("models", "sing")).rejects.toThrow("there are list, load, unload, clear");
    await expect(run("models", "load")).rejects.toThrow("Name the model");
  });

  test("infer: a summary, JSON lines, drawings, failures", async () => {
    const missing = join(folder, "none.png");
    const save = join(folder, "out");
    const text = await run("infer", picture, "--model", "a/1", "--save", save, "--confidence", "0.5");
    expect(text.out).toBe(`${picture}: 2 mug\n`);
    expect(readdirSync(save)).toEqual(["desk.png"]);
    expect(requests.at(-1)).toContain('"confidence":0.5');
    const { out, code } = await run("infer", picture, missing, "--model", "a/1", "--json", "--concurrency", "2");
    const lines = out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { index: number; error: unknown });
    expect(lines.map(({ index }) => index)).toEqual([0, 1]);
    expect(lines[1]!.error).toMatchObject({ code: "source-not-found" });
    expect(code).toBe(1);
  });

  test("workflow: inputs, and pictures of the outputs as files", async () => {
    const save = join(folder, "views");
    const args = ["--image", `image=${picture}`, "--param", "limit=3", "--param", "name=desk", "--save", save];
    const { out } = await run("workflow", "ws/wf", ...args, "--json");
    expect(JSON.parse(out)).toEqual({ count: 2, view: join(save, "output-0-view.jpg") });
    expect(readFileSync(join(save, "output-0-view.jpg")).toString("base64")).toBe("/9j/AAAA");
    const body = JSON.parse(requests[0]!.slice("POST /ws/workflows/wf ".length)) as { inputs: object };
    expect(body.inputs).toMatchObject({ image: { type: "base64" }, limit: 3, name: "desk" });
    await expect(run("workflow")).rejects.toThrow("either the name");
    await expect(run("workflow", "ws/wf", "--image", "photo.jpg")).rejects.toThrow("name=value");
  });

  test("pipelines: the body of a GET request, and errors without the key", async () => {
    expect(JSON.parse((await run("pipelines", "--json")).out)).toEqual({ pipelines: ["p1"] });
    expect(requests[0]).toBe('GET /inference_pipelines/list {"api_key":"secret-key-123456"}');
    const error: unknown = await run("pipelines", "status", "p2").catch((thrown: unknown) => thrown);
    expect(VisionError.isInstance(error)).toBe(true);
    expect(String(error)).toContain("not here");
    expect(String(error)).not.toContain("secret-key");
    await expect(run("pipelines", "start", "video.mp4")).rejects.toThrow("--spec");
  });
});
