import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";
import { afterAll, beforeAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../bin/ocellus.js", import.meta.url));
const id = "ocellus/tiny";
const commit = "c".repeat(40);
const files = readdirSync(checkpointFolder, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => ({ name, content: readFileSync(join(checkpointFolder, name)) }));
let folder: string;
let server: Server;
let endpoint: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-models-"));
  server = createServer(({ url = "" }, response) => answer(url.split("?")[0]!, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

/** The three requests of a download, without redirects: hub/src/testing has the whole protocol. */
function answer(path: string, response: ServerResponse): void {
  const file = files.find(({ name }) => path === `/${id}/resolve/${commit}/${name}`);
  if (path === `/api/models/${id}/revision/main`) response.end(JSON.stringify({ sha: commit }));
  else if (path === `/api/models/${id}/tree/${commit}`) {
    const sha1 = (content: Buffer): string =>
      createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");
    const entry = (name: string, content: Buffer): object => ({
      ...{ type: "file", path: name, size: content.length, oid: sha1(content) },
    });
    response.end(JSON.stringify(files.map(({ name, content }) => entry(name, content))));
  } else if (file === undefined) response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
  else response.end(file.content);
}

async function run(values: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const own = { OCELLUS_CACHE: join(folder, "cache"), HF_HOME: join(folder, "hf"), HF_ENDPOINT: endpoint };
  const child = spawn(process.execPath, [program, ...values], {
    env: { PATH: process.env.PATH, ...own, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stdout, stderr };
}

test("a model is downloaded, listed, asked, damaged, repaired and removed", async () => {
  const snapshot = join(folder, "hf/hub/models--ocellus--tiny/snapshots", commit);
  const pulled = await run(["models", "pull", id, "--progress"]);
  expect(pulled).toMatchObject({ code: 0, stdout: `${snapshot}\n` });
  expect(pulled.stderr).toContain("ocellus: Downloading 100 %\n");
  expect(JSON.parse((await run(["models", "pull", id, "--json"])).stdout)).toMatchObject({ commit, isCached: true });
  expect(JSON.parse((await run(["models", "list", "--json"])).stdout)).toMatchObject({
    id,
    revisions: [{ commit, refs: ["main"], missing: [] }],
  });
  expect((await run(["models", "inspect", id, "--json"])).code).toBe(0);

  const asked = await run(["ask", join(samplesFolder, "hand-made-1.png"), "How many squares are there?", "-m", id], {
    HF_HUB_OFFLINE: "1",
  });
  expect(asked).toMatchObject({ code: 0, stderr: "" });
  expect(asked.stdout).toMatch(/\S/);

  const weights = join(snapshot, "model.safetensors");
  const bytes = await readFile(weights);
  bytes[5_000]! ^= 1;
  await writeFile(weights, bytes);
  const damaged = await run(["models", "verify", id]);
  expect(damaged.code).toBe(1);
  expect(damaged.stdout).toMatch(
    /^cccccccccccc {2}model\.safetensors has the hash .*\nocellus\/tiny is damaged .*--repair/,
  );
  expect(await run(["models", "verify", id, "--repair"])).toMatchObject({ code: 0, stderr: "" });
  expect((await run(["models", "remove", id])).stdout).toMatch(
    /^removed 1 revision of ocellus\/tiny, [\d.]+ MiB freed\n$/,
  );
  expect(await run(["models", "list"])).toMatchObject({ code: 0, stdout: "" });
});

test("what cannot be had is an error with its code", async () => {
  const unknown = await run(["models", "pull", "ocellus/none"]);
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toMatch(/^ocellus: http.* has no model "ocellus\/none".*HF_TOKEN.*\n$/);
  expect((await run(["models", "pull", "not an id"])).code).toBe(2);
  expect((await run(["models", "remove", "ocellus/none"])).stderr).toMatch(/is not in the cache .*models list/);
});
