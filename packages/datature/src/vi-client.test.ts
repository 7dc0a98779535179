import { ApiCallError, InvalidArgumentError, ModelLoadError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { organizationId, secretKey, startFakePlatform, wireRun } from "../peers/fake-platform.mjs";
import { ViApiError } from "./vi-api-error.ts";
import { ViClient } from "./vi-client.ts";

type Platform = Awaited<ReturnType<typeof startFakePlatform>>;
let platform: Platform;
let client: ViClient;

beforeEach(async () => {
  const done = (id: string) => ({ wire: wireRun(id), models: [{ checkpoint: `${id}-1`, epoch: 1, archive: null }] });
  platform = await startFakePlatform({
    a: done("a"),
    b: { wire: wireRun("b", { last: "Succeeded", status: "Waiting" }), models: [] },
    c: { wire: wireRun("c", { last: "Succeeded", status: "FailedReach" }), models: [] },
    d: { wire: wireRun("d", { killedAt: 5 }), models: [] },
    e: done("e"),
  });
  client = new ViClient({ secretKey, organizationId, endpoint: platform.endpoint });
});
afterEach(async () => {
  client.close();
  await platform.close();
});

test("runs are listed over pages, which are asked for as they are needed", async () => {
  const runs = [];
  for await (const run of client.runs.list({ pageSize: 2 })) runs.push(run);
  expect(runs.map(({ runId, status }) => [runId, status])).toEqual([
    ["a", "succeeded"],
    ["b", "running"],
    ["c", "failed"],
    ["d", "killed"],
    ["e", "succeeded"],
  ]);
  expect(platform.requests.map(({ query }) => query)).toEqual(["?s=2", "?p=2&s=2", "?p=4&s=2"]);
  expect(platform.requests[0]).toMatchObject({
    path: `/workspaces/${organizationId}/runs`,
    authorization: `Bearer ${secretKey}`,
    organization: organizationId,
  });
  expect(runs[0]).toMatchObject({ name: "Flow of a", trainingProject: "project-1", createdAt: 1_700_000_000_000 });
  expect(JSON.parse(JSON.stringify(runs))).toEqual(runs);
  for await (const _page of client.runs.list({ pageSize: 2 }).pages()) break;
  expect(platform.requests).toHaveLength(4);
});

test("a run and its models, one by one", async () => {
  expect(await client.runs.get("a")).toMatchObject({ runId: "a", status: "succeeded", organizationId });
  const models = [];
  for await (const model of client.models.list("a")) models.push(model);
  expect(models).toEqual([
    {
      checkpoint: "a-1",
      runId: "a",
      kind: "Checkpoint",
      epoch: 1,
      evaluationMetrics: { loss: 0.5 },
      createdAt: 1_700_000_150_000,
    },
  ]);
  expect(await client.models.get({ runId: "a" })).toEqual(models[0]);
  expect(await client.models.get({ runId: "a", checkpoint: "a-1" })).toEqual(models[0]);
  expect(platform.requests.at(-1)).toMatchObject({
    path: `/workspaces/${organizationId}/runs/a/outputs/a-1`,
    query: "?intent=sdkLocalDeploy",
  });
});

test("a wrong key, a missing run or checkpoint, an unfinished run, what is no ID", async () => {
  const failure = (work: Promise<unknown>) => work.catch((error: unknown) => error as Error);
  await using other = new ViClient({ secretKey: `${secretKey}x`, organizationId, endpoint: platform.endpoint });
  const wrongKey = await failure(other.runs.get("a"));
  expect(wrongKey).toBeInstanceOf(ViApiError);
  expect(wrongKey).toMatchObject({ status: 401, traceId: "trace-7", isRetryable: false });
  expect((wrongKey as Error).message).not.toContain("0123456789");
  const missing = await failure(client.runs.get("zzz"));
  expect(ApiCallError.isInstance(missing)).toBe(true);
  expect((missing as Error).message).toContain('run "zzz" with status 404 Not Found: Run not found');
  expect(await failure(client.models.get({ runId: "a", checkpoint: "a-9" }))).toMatchObject({ status: 404 });
  const unfinished = await failure(client.models.locate({ runId: "b" }));
  expect(ModelLoadError.isInstance(unfinished)).toBe(true);
  expect((unfinished as Error).message).toContain("has no model yet. It is running");
  expect(((await failure(client.models.locate({ runId: "a" }))) as Error).message).toContain("export has not finished");
  const asked = platform.requests.length;
  for (const id of ["../x", "a/b", "", "a b", "x".repeat(256)]) {
    expect(InvalidArgumentError.isInstance(await failure(client.runs.get(id)))).toBe(true);
  }
  expect(() => new ViClient({ secretkey: "x" } as never)).toThrow("secretKey");
  expect(platform.requests).toHaveLength(asked);
});
