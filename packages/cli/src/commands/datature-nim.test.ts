import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkpointFolder } from "ocellus-tiny";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { modelSource } from "../arguments/model-source.ts";
import { createProgram } from "../create-program.ts";
import { captureOutput } from "../testing/capture-output.ts";

const folder = mkdtempSync(join(tmpdir(), "ocellus-cli-"));
const items = ["a", "b"].map((runId) => ({
  runId,
  spec: { flow: { name: `Flow \u001b[31m${runId}` } },
  status: { conditions: [{ condition: "Succeeded", status: "Reached" }] },
  metadata: { timeCreated: 1_700_000_000_000 },
}));
const outputs = [{ runOutputId: "m1", runId: "a", spec: { epoch: 3, evaluationMetrics: { loss: 0.5 } } }];
const server = createServer((request, response) => {
  response.end(JSON.stringify({ items: request.url?.includes("/outputs") === true ? outputs : items }));
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vi.stubEnv("DATATURE_VI_SECRET_KEY", "dtvi_test");
  vi.stubEnv("DATATURE_VI_ORGANIZATION_ID", "org");
  vi.stubEnv("DATATURE_VI_API_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const docker = join(folder, "docker");
  writeFileSync(docker, '#!/bin/sh\necho "Error: No such object: $4" >&2\nexit 1\n');
  chmodSync(docker, 0o755);
  vi.stubEnv("PATH", `${folder}${delimiter}${process.env.PATH}`);
  vi.stubEnv("NVIDIA_API_KEY", "");
  vi.stubEnv("NGC_API_KEY", "");
});
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let code = -1;
  const program = createProgram(new AbortController().signal, (exit) => (code = exit));
  const { stdout, stderr } = await captureOutput(() => program.parseAsync(args, { from: "user" }));
  return { code, out: stdout, err: stderr };
}

test("datature: runs, models of a run, a model that is here", async () => {
  expect((await run("datature", "runs")).out).toMatch(/^a {2}succeeded {2}2023-11-14 {2}Flow .*\nb {2}/s);
  const lines = (await run("datature", "runs", "--json", "--limit", "1")).out.trim().split("\n");
  expect(lines.map((line) => (JSON.parse(line) as { runId: string }).runId)).toEqual(["a"]);
  expect((await run("datature", "runs", "a")).out).toBe("m1  epoch 3    loss 0.5\n");
  cpSync(checkpointFolder, join(folder, "a", "model_full"), { recursive: true });
  const place = ["a", "--save-path", folder];
  expect((await run("datature", "pull", ...place)).out).toBe(`${join(folder, "a", "model_full")}\n`);
  const inspected = await run("datature", "inspect", ...place, "--json");
  expect(inspected.code).toBe(0);
  expect(JSON.parse(inspected.out)).toMatchObject({ isLoadable: true, run: { runId: "a" } });
  expect((await run("datature", "inspect", ...place)).out).toContain("Task of the run: not stated");
});

test("--model takes a folder or a run", () => {
  expect(modelSource("models/x")).toBe("models/x");
  expect(modelSource("run:abc")).toEqual({ runId: "abc" });
  expect(modelSource("run:abc@m1")).toEqual({ runId: "abc", checkpoint: "m1" });
});

test("nim: status, stop, and what deploy refuses", async () => {
  const status = await run("nim", "status", "mine");
  expect(status).toMatchObject({ code: 1, out: "mine  missing  not ready\n" });
  expect(await run("nim", "stop", "mine")).toMatchObject({ code: 0, err: "ocellus: mine is not there.\n" });
  await expect(run("nim", "deploy")).rejects.toThrow("NVIDIA_API_KEY");
  await expect(run("nim", "deploy", "--new", "--replace")).rejects.toThrow("contradict");
});
