import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@ocellus/core";
import { afterAll, describe, expect, it } from "vitest";
import { formatConfig, parseConfig } from "./config-file.ts";
import { readEnvironment } from "./environment.ts";
import { parseModelUrl } from "./parse-model-url.ts";
import { resolveBaseUrl } from "./resolve-base-url.ts";
import { resolveSettings } from "./resolve-settings.ts";
import { chooseRunner } from "./runner-choice.ts";

const folder = mkdtempSync(join(tmpdir(), "ocellus-clarifai-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("addresses of models", () => {
  const plain = { userId: "u", appId: "a", modelId: "m", versionId: "" };
  it.each([
    ["https://clarifai.com/u/a/models/m", plain],
    ["http://localhost:3000/u/a/models/m", plain],
    ["clarifai.com/u/a/models/m", plain],
    ["u/a/models/m", plain],
    ["https://clarifai.com/u/a/models/m/", plain],
    ["https://clarifai.com/u/a/models/m?tab=1#x", plain],
    ["https://clarifai.com/u/a/models/m/versions/v", { ...plain, versionId: "v" }],
    ["https://clarifai.com/u/a/models/m/model_version/v", { ...plain, versionId: "v" }],
    ["clarifai.com/u/a/models/m/versions/v/", { ...plain, versionId: "v" }],
    ["u/a/models/m/versions/v", { ...plain, versionId: "v" }],
    ["u/a.b/models/m.1", { ...plain, appId: "a.b", modelId: "m.1" }],
  ])("%s", (url, address) => {
    expect(parseModelUrl(url)).toEqual(address);
  });

  it.each([
    "",
    "m",
    "u/a/m",
    "https://clarifai.com/u/a/workflows/w",
    "https://clarifai.com/u/a/models",
    "u/a/models/m/v",
    "u/a/models/%zz",
  ])("not %s", (url) => {
    expect(() => parseModelUrl(url)).toThrow(InvalidArgumentError);
  });
});

describe("bases of the API", () => {
  it.each([
    ["https://api.clarifai.com", "https://api.clarifai.com"],
    ["https://host:8443/", "https://host:8443"],
    ["http://host", "http://host"],
    ["http://host:443", "http://host:443"],
    ["api.clarifai.com", "https://api.clarifai.com"],
    ["api.clarifai.com:443", "https://api.clarifai.com"],
    ["10.5.6.7:443", "https://10.5.6.7"],
    ["http://[::1]:8000", "http://[::1]:8000"],
  ])("%s", (base, origin) => {
    expect(resolveBaseUrl(base)).toBe(origin);
  });

  it.each(["host:8000", "ftp://host", "https://host/path", "https://user:secret@host", "https://"])(
    "not %s",
    (base) => {
      expect(() => resolveBaseUrl(base)).toThrow(InvalidArgumentError);
      try {
        resolveBaseUrl(base);
      } catch (error) {
        expect((error as Error).message).not.toContain("secret");
      }
    },
  );
});

describe("configuration", () => {
  const yaml = [
    "# made by clarifai login",
    "current_context: me",
    "contexts:",
    "  me:",
    "    CLARIFAI_PAT: 'pat''s' # secret",
    "    CLARIFAI_USER_ID: me",
    "    CLARIFAI_API_BASE: https://api.clarifai.com",
    "    model_id: gpt",
    '  "dev-me":',
    "    CLARIFAI_PAT: ENVVAR",
    "",
  ].join("\n");

  it("is read as the CLI writes it, and written back", () => {
    const config = parseConfig(yaml);
    expect(config.currentContext).toBe("me");
    expect(config.contexts.me).toEqual({
      CLARIFAI_PAT: "pat's",
      CLARIFAI_USER_ID: "me",
      CLARIFAI_API_BASE: "https://api.clarifai.com",
      model_id: "gpt",
    });
    expect(parseConfig(formatConfig(config))).toEqual(config);
  });

  it("gives way to the environment, and both to arguments", () => {
    const path = join(folder, "config");
    writeFileSync(path, yaml);
    const environment = (env: NodeJS.ProcessEnv = {}) => readEnvironment({ CLARIFAI_CONFIG: path, ...env });
    const header = (settings: object, env: NodeJS.ProcessEnv = {}) =>
      resolveSettings(settings, environment(env)).credential;
    expect(header({})).toEqual({ authorization: "Key pat's" });
    expect(header({}, { CLARIFAI_PAT: "env" })).toEqual({ authorization: "Key env" });
    expect(header({ pat: "arg", sessionToken: "token" }, { CLARIFAI_PAT: "env" })).toEqual({
      authorization: "Key arg",
    });
    expect(header({ sessionToken: "token" })).toEqual({ "x-clarifai-session-token": "token" });
    expect(header({ context: "dev-me" }, { CLARIFAI_SESSION_TOKEN: "t" })).toEqual({ "x-clarifai-session-token": "t" });
    expect(resolveSettings({}, environment()).lookup("user_id")).toBe("me");
    expect(resolveSettings({}, environment({ CLARIFAI_API_BASE: "http://x:1" })).origin).toBe("http://x:1");
    expect(() => header({ context: "mee" })).toThrow('Did you mean "me"?');
    expect(() => header({ context: "dev-me" })).toThrow(InvalidArgumentError);
    expect(() => header({ pat: "a\nb" })).toThrow("header");
    expect(() => resolveSettings({ pat: "a", rootCertificatesPath: join(folder, "gone.pem") }, environment())).toThrow(
      "gone.pem",
    );
  });

  it("asks for a credential when there is none", () => {
    expect(() => resolveSettings({}, readEnvironment({ CLARIFAI_CONFIG: join(folder, "none") }))).toThrow(
      "CLARIFAI_PAT",
    );
  });
});

it("takes one kind of compute", () => {
  expect(chooseRunner({})).toBeNull();
  expect(chooseRunner({ deploymentId: "d", deploymentUserId: "org" })).toEqual({
    kind: "deployment",
    deploymentId: "d",
    userId: "org",
  });
  expect(() => chooseRunner({ deploymentId: "d", nodepoolId: "n", computeClusterId: "c" })).toThrow(
    InvalidArgumentError,
  );
  expect(() => chooseRunner({ computeClusterId: "c" })).toThrow(InvalidArgumentError);
});
