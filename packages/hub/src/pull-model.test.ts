import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AbortedError,
  ApiCallError,
  type DownloadProgressEvent,
  InvalidArgumentError,
  ModelLoadError,
  silentLogger,
  TimeoutError,
} from "@ocellus/core";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { HubOptions } from "./hub-options.ts";
import { openCheckpoint } from "./open-checkpoint.ts";
import { pullModel } from "./pull-model.ts";
import { entryOf, type FakeHub, gitSha1, mainCommit, refuse, sha256, startFakeHub } from "./testing/fake-hub.ts";
import { neededFiles, tinyModel } from "./testing/tiny-model.ts";

const weights = "model.safetensors";
const files = tinyModel();
const etag = sha256(files[weights]!);
let cacheDir: string;
let hub: FakeHub;
let model: string;
let options: HubOptions;

beforeEach(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "ocellus-pull-"));
  hub = await startFakeHub({ files, pageSize: 3 });
  model = join(cacheDir, "models--acme--tiny-vl");
  options = { endpoint: hub.endpoint, cacheDir, token: false, maxRetryDelayMs: 5, logger: silentLogger };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  await rm(cacheDir, { recursive: true, force: true });
});

const pull = (more: HubOptions = {}) => pullModel(hub.id, { ...options, ...more });
const failure = async (more: HubOptions = {}): Promise<Error> => {
  const error = await pull(more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};
const bodiesOf = (file: string) =>
  hub.seen.filter(({ at, method, path }) => at === "storage" && method === "GET" && path.startsWith(`/${file}`));
const leftovers = (): string[] =>
  readdirSync(join(model, "blobs")).filter((name) => name.length !== 40 && name.length !== 64);

describe("a download", () => {
  test("makes the layout of huggingface_hub with the files that the engine needs, and no other", async () => {
    const { folder, commit, isCached } = await pull();
    expect({ commit, isCached }).toEqual({ commit: mainCommit, isCached: false });
    expect(folder).toBe(join(model, "snapshots", mainCommit));
    expect(readdirSync(folder).sort()).toEqual(neededFiles);
    for (const file of neededFiles) expect(readFileSync(join(folder, file)).equals(files[file]!), file).toBe(true);
    expect(readlinkSync(join(folder, weights))).toBe(`../../blobs/${etag}`);
    expect(readlinkSync(join(folder, "config.json"))).toBe(`../../blobs/${gitSha1(files["config.json"]!)}`);
    expect(readFileSync(join(model, "refs/main"), "utf8")).toBe(mainCommit);
    expect(existsSync(join(model, ".no_exist", mainCommit, "processor_config.json"))).toBe(true);
    expect(existsSync(join(model, ".no_exist", mainCommit, "config.json"))).toBe(false);
    expect(existsSync(join(cacheDir, ".locks/models--acme--tiny-vl", `${etag}.lock`))).toBe(true);
    expect(leftovers()).toEqual([]);
    expect(hub.seen.some(({ path }) => /\.(?:bin|py|pth|md)/.test(path))).toBe(false);
  });

  test("is opened by its id; a folder of that name wins", async () => {
    await using checkpoint = await openCheckpoint(hub.id, options);
    expect(checkpoint.weightBytes).toBe(200_000);
    const here = process.cwd();
    await mkdir(join(cacheDir, "cwd", hub.id), { recursive: true });
    vi.spyOn(process, "cwd").mockReturnValue(join(cacheDir, "cwd"));
    await expect(openCheckpoint(hub.id, options)).rejects.toThrow(/cwd.acme.tiny-vl has no weights/);
    vi.restoreAllMocks();
    expect(process.cwd()).toBe(here);
  });

  test("reports bytes of each file and of all, and the time that is left", async () => {
    const events: DownloadProgressEvent[] = [];
    const onProgress = (event: DownloadProgressEvent): void => {
      events.push(event);
      throw new Error("a listener cannot break a download");
    };
    await pull({ onProgress });
    const totalBytes = neededFiles.reduce((sum, file) => sum + files[file]!.length, 0);
    expect(events.at(-1)).toMatchObject({
      file: weights,
      bytes: files[weights]!.length,
      totalBytes: files[weights]!.length,
    });
    expect(events.at(-1)?.overall).toMatchObject({ bytes: totalBytes, totalBytes, remainingMs: 0 });
  });

  test("asks once when nothing changed, not at all for a commit or offline, and fetches what is new", async () => {
    await pull();
    hub.seen.length = 0;
    expect((await pull()).isCached).toBe(true);
    expect(hub.seen.map(({ path }) => path)).toEqual([`/api/models/${hub.id}/revision/main`]);
    expect((await pull({ revision: mainCommit })).isCached).toBe(true);
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await pull()).isCached).toBe(true);
    expect(hub.seen).toHaveLength(1);
    vi.unstubAllEnvs();
    hub.refs.main = "2".repeat(40);
    const { commit, folder } = await pull();
    expect(commit).toBe("2".repeat(40));
    expect(bodiesOf(weights)).toHaveLength(0);
    expect(statSync(join(folder, weights)).size).toBe(files[weights]!.length);
  });

  test("a new revision that cannot be had whole is an error; the old copy stays what offline gives", async () => {
    await pull();
    hub.refs.main = "2".repeat(40);
    hub.intercept = (request, response) => {
      if (!request.url?.includes("/tree/")) return false;
      refuse(response, 500, "");
      return true;
    };
    expect(await failure({ attempts: 1 })).toMatchObject({ code: "api-call", status: 500 });
    expect((await pull({ offline: true })).commit).toBe(mainCommit);
  });

  test("a cache that cannot be used is a typed error", async () => {
    const file = join(cacheDir, "file");
    await writeFile(file, "");
    const error = await failure({ cacheDir: file });
    expect(ModelLoadError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toContain(`The cache ${file} cannot be used`);
  });

  test("goes to a tag with slashes, and notes its ref", async () => {
    hub.refs["refs/pr/1"] = "3".repeat(40);
    expect((await pull({ revision: "refs/pr/1" })).commit).toBe("3".repeat(40));
    expect(readFileSync(join(model, "refs/refs/pr/1"), "utf8")).toBe("3".repeat(40));
  });

  test("uses the complete copy when the Hub is gone, with a warning; offline says what is missing", async () => {
    const { folder } = await pull();
    await hub.close();
    const warn = vi.fn();
    const again = await pull({ logger: { ...silentLogger, warn } });
    expect(again).toMatchObject({ folder, isCached: true });
    expect(warn.mock.calls.join()).toContain("in the cache");
    await rm(join(folder, "tokenizer.json"));
    const error = await failure({ offline: true });
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/not complete in the cache .*tokenizer\.json.*ocellus models pull acme\/tiny-vl/);
    expect((await failure({ offline: true, revision: "v2" })).message).toMatch(/\(revision v2\) is not in the cache/);
  });

  test("puts files where links cannot be made", async () => {
    vi.stubEnv("HF_HUB_DISABLE_SYMLINKS", "1");
    const { folder } = await pull();
    expect(statSync(join(folder, weights), {}).size).toBe(files[weights]!.length);
    expect(() => readlinkSync(join(folder, weights))).toThrow();
    expect((await pull()).isCached).toBe(true);
  });
});

describe("the token", () => {
  test("goes to the endpoint only, from the option, the variables or the file of hf auth login", async () => {
    await pull({ token: "hf_option" });
    const authorized = hub.seen.filter(({ headers }) => headers.authorization !== undefined);
    expect(new Set(authorized.map(({ headers }) => headers.authorization))).toEqual(new Set(["Bearer hf_option"]));
    expect(authorized.every(({ at }) => at === "hub")).toBe(true);
    expect(bodiesOf(weights)).toHaveLength(1);
    const latest = async (): Promise<string | undefined> => {
      await pullModel(hub.id, { ...options, token: undefined });
      return hub.seen.at(-1)?.headers.authorization;
    };
    for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_DISABLE_IMPLICIT_TOKEN"]) vi.stubEnv(name, "");
    vi.stubEnv("HF_TOKEN_PATH", "");
    vi.stubEnv("HF_HOME", cacheDir);
    expect(await latest()).toBeUndefined();
    await writeFile(join(cacheDir, "token"), "hf_file\n");
    expect(await latest()).toBe("Bearer hf_file");
    vi.stubEnv("HUGGING_FACE_HUB_TOKEN", "hf_old");
    expect(await latest()).toBe("Bearer hf_old");
    vi.stubEnv("HF_TOKEN", " hf_new\n");
    expect(await latest()).toBe("Bearer hf_new");
    vi.stubEnv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1");
    expect(await latest()).toBeUndefined();
  });

  test.each([
    ["gated, no token", 401, "GatedRepo", "", false, /is gated: open http.*acme\/tiny-vl .*HF_TOKEN/],
    ["gated, other account", 403, "GatedRepo", "", "hf_x", /must belong to that account/],
    ["no such model", 404, "RepoNotFound", "", false, /has no model "acme\/tiny-vl" that it shows to you/],
    ["private", 401, "", "Unauthorized", "hf_x", /the token of options\.token must belong to an account/],
    [
      "bad token",
      401,
      "",
      "Invalid credentials in Authorization header",
      "hf_x",
      /does not accept the token of options/,
    ],
    ["no such revision", 404, "RevisionNotFound", "", false, /has no revision "main"/],
    ["forbidden", 403, "", "token lacks permission", "hf_x", /denies access to acme\/tiny-vl \(token lacks/],
    ["rate limit", 429, "", "", false, /too many requests. Give a token/],
    ["trouble", 500, "", "", false, /answered with 500 Internal Server Error/],
  ])("%s: the error says what to do", async (_, status, code, message, token, expected) => {
    hub.intercept = (__, response) => {
      refuse(response, status, code, message);
      return true;
    };
    const error = await failure({ token: token as string | false, attempts: 2 });
    expect(ApiCallError.isInstance(error) && error.status).toBe(status);
    expect(error.message).toMatch(expected);
    expect(error.message).not.toContain("hf_x");
    expect(existsSync(model)).toBe(false);
  });

  test("a name that is neither a folder nor a model is told as both", async () => {
    const error = await openCheckpoint("acme/other", options).catch((thrown: unknown) => String(thrown));
    expect(error).toMatch(/has no model "acme\/other".*Nor is there a folder .*acme.other/);
  });
});

describe("faults of the transfer", () => {
  test("a connection that is cut is taken up where it broke, with If-Range", async () => {
    hub.sendFile = ({ file, count, response, content, send }) => {
      if (file !== weights || count > 2) return send();
      if (count === 2) return void response.destroy();
      response.writeHead(200, { "content-length": content.length, etag: `"${etag}"` });
      response.write(content.subarray(0, 70_000), () => response.destroy());
    };
    const { folder } = await pull();
    expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
    const [, , third] = bodiesOf(weights);
    expect(Number(/^bytes=(\d+)-$/.exec(third?.headers.range ?? "")?.[1])).toBeGreaterThan(0);
    expect(third?.headers["if-range"]).toBe(`"${etag}"`);
  });

  test.each([
    ["Range is ignored", (send: () => void) => send()],
    ["the ETag has changed", (send: (content?: Buffer, etag?: string) => void) => send(undefined, '"another"')],
  ])("%s: the file is begun anew", async (_, answer) => {
    hub.sendFile = ({ file, count, request, response, content, send }) => {
      if (file !== weights) return send();
      if (count > 1) {
        if (answer.length === 1 && _ === "Range is ignored") delete request.headers.range;
        return answer(send);
      }
      response.writeHead(200, { "content-length": content.length, etag: '"first"' });
      response.write(content.subarray(0, 70_000), () => response.destroy());
    };
    const { folder } = await pull();
    expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
  });

  test("flipped bytes are noticed and fetched again; a server that never sends the right ones is given up", async () => {
    const flipped = Buffer.from(files[weights]!);
    flipped[150_000]! ^= 1;
    hub.sendFile = ({ file, count, send }) => send(file === weights && count === 1 ? flipped : undefined);
    const { folder } = await pull();
    expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
    await rm(model, { recursive: true });
    hub.sendFile = ({ file, send }) => send(file === weights ? flipped : undefined);
    const error = await failure();
    expect(ModelLoadError.isInstance(error)).toBe(true);
    expect(error.message).toMatch(/model\.safetensors .* does not have the content that the Hub states/);
    expect(existsSync(join(model, "blobs", etag))).toBe(false);
    expect(existsSync(join(model, "refs/main"))).toBe(false);
  });

  test.each([
    ["fewer bytes", (content: Buffer) => content.subarray(0, 1000)],
    ["more bytes", (content: Buffer) => Buffer.concat([content, Buffer.alloc(10)])],
  ])("%s than the list states, always: an error that names the file", async (_, change) => {
    hub.sendFile = ({ file, content, response, send }) => {
      if (file !== weights) return send();
      response.writeHead(200).end(change(content));
    };
    expect((await failure({ attempts: 2 })).message).toMatch(
      /of model\.safetensors, which has 200\d+ by the Hub's list/,
    );
  });

  test("429 with Retry-After and passing 5xx are waited out", async () => {
    const refused = [429, 503, 500, 502];
    hub.intercept = (_, response) => {
      const status = refused.shift();
      if (status === undefined) return false;
      response.writeHead(status, { "retry-after": "0" }).end();
      return true;
    };
    expect((await pull()).isCached).toBe(false);
    expect(refused).toEqual([]);
  });

  test("a transfer that stalls is begun anew; the total time has a limit", async () => {
    hub.sendFile = ({ file, count, response, content, send }) => {
      if (file !== weights || count > 1) return send();
      response.writeHead(200, { "content-length": content.length });
      response.write(content.subarray(0, 1000));
    };
    await pull({ idleTimeoutMs: 100 });
    expect(bodiesOf(weights)[1]?.headers.range).toBe("bytes=1000-");
    await rm(model, { recursive: true });
    hub.sendFile = ({ file, response, send }) => void (file === weights ? response.writeHead(200).write("x") : send());
    const error = await failure({ timeoutMs: 500 });
    expect(TimeoutError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toContain("Downloading acme/tiny-vl took longer than 500 ms");
  });

  test("an abort keeps what is there; the next call asks for the rest only", async () => {
    const controller = new AbortController();
    hub.sendFile = ({ file, response, content, send }) => {
      if (file !== weights) return send();
      response.writeHead(200, { "content-length": content.length, etag: `"${etag}"` });
      response.write(content.subarray(0, 100_000), () => setTimeout(() => controller.abort(), 100));
    };
    expect(AbortedError.isInstance(await failure({ signal: controller.signal }))).toBe(true);
    const { size } = statSync(join(model, "blobs", `${etag}.incomplete`));
    expect(size).toBeGreaterThan(0);
    hub.sendFile = undefined;
    await pull();
    expect(bodiesOf(weights).at(-1)?.headers).toMatchObject({ range: `bytes=${size}-`, "if-range": `"${etag}"` });
    expect(leftovers()).toEqual([]);
  });

  test("an incomplete file of any content and length is made right", async () => {
    const incomplete = join(model, "blobs", `${etag}.incomplete`);
    for (const length of [5, files[weights]!.length, files[weights]!.length + 5]) {
      await rm(model, { recursive: true, force: true });
      await mkdir(join(model, "blobs"), { recursive: true });
      await appendFile(incomplete, Buffer.alloc(length, 9));
      const { folder } = await pull();
      expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
    }
    expect(leftovers()).toEqual([]);
  });

  test("a blob that lost its end is fetched again", async () => {
    await pull();
    await truncate(join(model, "blobs", etag), 10);
    const { folder, isCached } = await pull();
    expect(isCached).toBe(false);
    expect(sha256(readFileSync(join(folder, weights)))).toBe(etag);
  });
});

describe("hostile and odd Hubs", () => {
  const answerTree = (entries: unknown): void => {
    hub.intercept = (request, response) => {
      if (!request.url?.includes("/tree/")) return false;
      response.end(typeof entries === "string" ? entries : JSON.stringify(entries));
      return true;
    };
  };

  test.each([
    "../../evil.json",
    "/etc/evil.json",
    "a/../../evil.json",
    "..",
    "c:\\evil.json",
    "a\0b.json",
    "x".repeat(300),
  ])("a list with the path %j is refused as a whole", async (path) => {
    answerTree([entryOf("config.json", files["config.json"]!, false), entryOf(path, Buffer.from("x"), false)]);
    expect((await failure()).message).toMatch(/no plain relative path\. Nothing of it is downloaded/);
    expect(existsSync(model)).toBe(false);
  });

  test.each([
    ["a hash with a path", [{ type: "file", path: weights, size: 1, oid: "../../x" }], /no usable size and hash/],
    ["a negative size", [{ type: "file", path: weights, size: -1, oid: "a".repeat(40) }], /no usable size and hash/],
    ["no list", {}, /is not a list/],
    ["no JSON", "<html>", /did not answer with JSON/],
    [
      "no weights",
      [entryOf("pytorch_model.bin", Buffer.from("x"), true)],
      /no safetensors weights \(found pytorch_model/,
    ],
    [
      "more than any disk",
      [
        entryOf("config.json", Buffer.from("x"), false),
        { type: "file", path: weights, size: 2 ** 52, oid: "a".repeat(40) },
      ],
      /needs 4194304\.00 GiB more in .* are free/,
    ],
  ])("%s: refused before anything is downloaded", async (_, entries, expected) => {
    answerTree(entries);
    const error = await failure();
    expect(ModelLoadError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(expected);
  });

  test("a list without end is cut off", async () => {
    hub.intercept = (request, response) => {
      if (!request.url?.includes("/tree/")) return false;
      response.setHeader("link", `<${request.url}>; rel="next"`).end("[]");
      return true;
    };
    expect((await failure()).message).toMatch(/more than 50000 files or 200 pages/);
  });

  test("redirects are counted, and only lead to where they may", async () => {
    hub.intercept = (request, response) => {
      response.writeHead(307, { location: request.url ?? "" }).end();
      return true;
    };
    expect((await failure()).message).toContain("redirects more than 5 times");
    hub.intercept = (_, response) => {
      response.writeHead(302, { location: "file:///etc/passwd" }).end();
      return true;
    };
    expect((await failure()).message).toContain("not https");
  });

  test.each([
    [{ revision: "../x" }, /options\.revision must be/],
    [{ endpoint: "ftp://x" }, /endpoint of the Hub/],
    [{ token: "a b" }, /characters that no token has/],
    [{ attempts: 0 }, /options\.attempts/],
    [{ cachedir: "x" }, /Did you mean "cacheDir"/],
  ])("options %j are refused", async (bad, expected) => {
    const error = await failure(bad as HubOptions);
    expect(InvalidArgumentError.isInstance(error), String(error)).toBe(true);
    expect(error.message).toMatch(expected);
  });
});
