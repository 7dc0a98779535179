import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DeployNimOptions, deployNim } from "./deploy-nim.ts";
import { nimStatus, stopNim } from "./nim-status.ts";

const key = "nvapi-secret-123456";
let folder: string;
let server: Server;
let status = 200;

/** Writes down what it was called with, and answers as the files beside it say. */
const fakeDocker = `#!/bin/sh
here=$(dirname "$0")
input=""
if [ "$1" = login ]; then input=$(cat); fi
{ printf '%s\\037' "$@"; printf '\\036%s\\036%s\\035' "$input" "$NGC_API_KEY"; } >> "$here/calls"
fail() { printf '%s' "$1" >&2; exit 1; }
case "$1" in
inspect)
  [ -f "$here/state" ] || fail "Error: No such object: x"
  case "$3" in *Id*) printf abc123;; *) cat "$here/state";; esac;;
image) [ -f "$here/image" ] || fail "Error: No such image";;
pull) [ ! -f "$here/no-image" ] || fail "manifest unknown"; printf 'layer 1\\nlayer 2\\n';;
port) printf '0.0.0.0:%s\\n' "$(cat "$here/port")";;
run)
  [ ! -f "$here/taken" ] || fail 'Conflict. The container name "/x" is already in use by container "y".'
  if [ -f "$here/dies" ]; then printf exited; else printf running; fi > "$here/state";;
rm) rm "$here/state";;
logs)
  if [ "$2" = --follow ]; then printf 'starting\\n'; exec sleep 60; fi
  if [ -f "$here/log" ]; then cat "$here/log"; else printf 'CUDA out of memory; token=abcdefgh'; fi;;
esac
`;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocellus-nim-"));
  await writeFile(join(folder, "docker"), fakeDocker);
  await chmod(join(folder, "docker"), 0o755);
  status = 200;
  server = createServer((request, response) => {
    response.writeHead(request.url === "/v1/health/ready" ? status : 200);
    response.end(JSON.stringify({ data: [{ id: "nvidia/cosmos" }] }));
  });
  await new Promise<void>((resolve) => server.listen(0, resolve));
  await mark("port", String((server.address() as AddressInfo).port));
});
afterEach(async () => {
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const options = (more: DeployNimOptions = {}): DeployNimOptions => ({
  nvidiaApiKey: key,
  port: (server.address() as AddressInfo).port,
  docker: join(folder, "docker"),
  localCacheDir: join(folder, "cache"),
  ...more,
});
const calls = async (): Promise<{ args: string[]; input: string; key: string | null }[]> =>
  (await readFile(join(folder, "calls"), "utf8"))
    .split("\x1d")
    .slice(0, -1)
    .map((record) => {
      const [args = "", input = "", key = ""] = record.split("\x1e");
      return { args: args.split("\x1f").slice(0, -1), input, key: key === "" ? null : key };
    });
const mark = (name: string, text = ""): Promise<void> => writeFile(join(folder, name), text);

test("pulls, runs with every option, and keeps the key off the command line", async () => {
  const lines: string[] = [];
  const deployment = await deployNim(options({ servedModelName: "mine", onLine: (line) => lines.push(line) }));
  expect(deployment).toMatchObject({ containerId: "abc123", availableModels: ["nvidia/cosmos"] });
  expect(lines.slice(0, 2)).toEqual(["layer 1", "layer 2"]);
  const made = (await calls()).filter(({ args }) => args[0] !== "logs");
  expect(made.map(({ args }) => args[0])).toEqual(["inspect", "image", "login", "pull", "run", "port", "inspect"]);
  expect(JSON.stringify(made.map(({ args }) => args))).not.toContain(key);
  expect(made[2]!.input).toBe(key);
  expect(made[4]!.key).toBe(key);
  expect(made[4]!.args.join(" ")).toContain("--shm-size 32GB");
  expect(made[4]!.args).toEqual(expect.arrayContaining(["NIM_MAX_MODEL_LEN=8192", "NIM_SERVED_MODEL_NAME=mine"]));
  expect(JSON.stringify(made[4]!.args)).not.toContain("NIM_MODEL_NAME");
  const docker = join(folder, "docker");
  expect(await nimStatus(deployment.containerName, { docker })).toEqual({
    containerName: "ocellus-nim-cosmos-reason1-7b",
    state: "running",
    port: deployment.port,
    baseUrl: deployment.baseUrl,
    isReady: true,
    models: ["nvidia/cosmos"],
  });
  status = 503;
  expect(await nimStatus(deployment.containerName, { docker })).toMatchObject({ isReady: false, models: [] });
  expect(await stopNim(deployment.containerName, { docker: join(folder, "docker") })).toBe(true);
  expect(await stopNim(deployment.containerName, { docker: join(folder, "docker") })).toBe(false);
  expect(await nimStatus("x", { docker })).toMatchObject({ state: "missing", port: null, isReady: false });
});

test("weights of one's own are mounted for reading; what the container says of them is the error", async () => {
  await mark("image");
  const modelFolder = join(folder, "model_full");
  await deployNim(options({ modelFolder }));
  const run = (await calls()).find(({ args }) => args[0] === "run")!.args;
  expect(run).toEqual(expect.arrayContaining([`${modelFolder}:${modelFolder}:ro`, `NIM_MODEL_NAME=${modelFolder}`]));
  // Options after the image would be arguments of its program.
  expect(run.at(-1)).toBe("nvcr.io/nim/nvidia/cosmos-reason1-7b:latest");
  await mark("dies");
  await mark("log", "ValueError: architecture LlavaNext is not supported");
  status = 503;
  const more = { modelFolder, autoKillExistingContainer: true };
  await expect(deployNim(options(more))).rejects.toMatchObject({ failure: "model-incompatible" });
});

test("what the container writes until it is ready is told, unless it shall not be", async () => {
  await mark("image");
  for (const streamLogs of [true, false]) {
    const lines: string[] = [];
    status = 503;
    const onLine = (line: string): void => {
      lines.push(line);
      status = 200;
    };
    if (!streamLogs) status = 200;
    await deployNim(options({ autoKillExistingContainer: true, streamLogs, onLine }));
    expect(lines).toEqual(streamLogs ? ["starting"] : []);
  }
});

test("a container of the same name is used, refused or removed", async () => {
  await mark("state", "running");
  await deployNim(options());
  expect((await calls()).map(({ args }) => args[0])).not.toContain("run");
  await expect(deployNim(options({ useExistingContainer: false }))).rejects.toMatchObject({
    failure: "container-exists",
  });
  await mark("state", "exited");
  await expect(deployNim(options())).rejects.toMatchObject({ failure: "container-exists" });
  await mark("image");
  await mark("taken");
  await expect(deployNim(options({ autoKillExistingContainer: true }))).rejects.toMatchObject({
    failure: "container-exists",
  });
  await rm(join(folder, "taken"));
  await deployNim(options({ autoKillExistingContainer: true }));
  expect((await calls()).map(({ args }) => args[0])).toEqual(expect.arrayContaining(["rm", "run"]));
});

test("a missing image, a container that dies, a health that never comes, no docker, no key", async () => {
  await mark("no-image");
  await expect(deployNim(options())).rejects.toMatchObject({ failure: "image-missing", code: "model-load" });
  await mark("image");
  await mark("dies");
  status = 503;
  const died = await deployNim(options()).catch((error: unknown) => error as Error);
  expect(died).toMatchObject({ failure: "container-ended" });
  expect((died as Error).message).toContain("CUDA out of memory; token=***");
  await mark("state", "running");
  await expect(deployNim(options({ readyTimeoutMs: 50 }))).rejects.toMatchObject({ failure: "not-ready" });
  await expect(deployNim(options({ docker: join(folder, "none") }))).rejects.toMatchObject({
    code: "missing-dependency",
  });
  await expect(deployNim(options({ nvidiaApiKey: "abc" }))).rejects.toMatchObject({ code: "invalid-argument" });
  await expect(deployNim(options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: "aborted" });
});
