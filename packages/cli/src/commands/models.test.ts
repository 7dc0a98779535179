import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runHere } from "../testing/run-here.ts";
import { runProcess } from "../testing/run-process.ts";
import { useFolder } from "../testing/use-folder.ts";

const id = "ocellus/tiny";
const commit = "c".repeat(40);
const files = readdirSync(checkpointFolder, { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => ({ name, content: readFileSync(join(checkpointFolder, name)) }));
let server: Server;
const folder = useFolder();

beforeAll(async () => {
  server = createServer(({ url = "" }, response) => answer(url.split("?")[0]!, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  for (const name of Object.keys(process.env))
    if (/^(HF|HUGGING|TRANSFORMERS)_?/.test(name)) vi.stubEnv(name, undefined);
  vi.stubEnv("HF_HOME", join(folder(), "hf"));
  vi.stubEnv("HF_ENDPOINT", `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
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

test("a model is downloaded, listed, asked, damaged, repaired and removed", async () => {
  const snapshot = join(folder(), "hf/hub/models--ocellus--tiny/snapshots", commit);
  const pulled = await runProcess(["models", "pull", id, "--progress"]);
  expect(pulled).toMatchObject({ code: 0, stdout: `${snapshot}\n` });
  expect(pulled.stderr).toContain("ocellus: Downloading 100 %\n");
  expect(JSON.parse((await runHere(["models", "pull", id, "--json"])).stdout)).toMatchObject({
    commit,
    isCached: true,
  });
  expect(JSON.parse((await runHere(["models", "list", "--json"])).stdout)).toMatchObject({
    id,
    revisions: [{ commit, refs: ["main"], missing: [] }],
  });
  expect((await runHere(["models", "inspect", id, "--json"])).code).toBe(0);

  vi.stubEnv("HF_HUB_OFFLINE", "1");
  const asked = await runHere(["ask", join(samplesFolder, "hand-made-1.png"), "How many squares are there?", "-m", id]);
  vi.stubEnv("HF_HUB_OFFLINE", undefined);
  expect(asked).toMatchObject({ code: 0, stderr: "" });
  expect(asked.stdout).toMatch(/\S/);

  const weights = join(snapshot, "model.safetensors");
  const bytes = await readFile(weights);
  bytes[5_000]! ^= 1;
  await writeFile(weights, bytes);
  const damaged = await runHere(["models", "verify", id]);
  expect(damaged.code).toBe(1);
  expect(damaged.stdout).toMatch(
    /^cccccccccccc {2}model\.safetensors has the hash .*\nocellus\/tiny is damaged .*--repair/,
  );
  expect(await runHere(["models", "verify", id, "--repair"])).toMatchObject({ code: 0, stderr: "" });
  expect((await runHere(["models", "remove", id])).stdout).toMatch(
    /^removed 1 revision of ocellus\/tiny, [\d.]+ MiB freed\n$/,
  );
  expect(await runHere(["models", "list"])).toMatchObject({ code: 0, stdout: "" });
});

test("what cannot be had is an error with its code", async () => {
  const unknown = await runHere(["models", "pull", "ocellus/none"]);
  expect(unknown).toMatchObject({ code: 1, stdout: "" });
  expect(unknown.stderr).toMatch(/^ocellus: http.* has no model "ocellus\/none".*HF_TOKEN.*\n$/);
  expect((await runHere(["models", "pull", "not an id"])).code).toBe(2);
  expect((await runHere(["models", "remove", "ocellus/none"])).stderr).toMatch(/is not in the cache .*models list/);
});
