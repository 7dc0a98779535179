import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError } from "@ocellus/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { resolveCredentials } from "./credentials.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "ocellus-home-"));
  vi.stubEnv("HOME", home);
  vi.stubEnv("USERPROFILE", home);
  for (const name of ["SECRET_KEY", "ORGANIZATION_ID", "API_ENDPOINT"]) vi.stubEnv(`DATATURE_VI_${name}`, "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

async function writeConfig(folder: string, text: string): Promise<void> {
  await mkdir(join(home, folder, "vi"), { recursive: true });
  await writeFile(join(home, folder, "vi", "config.json"), text);
}

test("options count before the environment, the environment before the file, each value on its own", async () => {
  await writeConfig("datature", '{"secret_key":"dtvi_file","organization_id":"org-file"}');
  const ofFile = await resolveCredentials();
  expect(ofFile).toEqual({
    secretKey: "dtvi_file",
    organizationId: "org-file",
    endpoint: "https://api.vi.datature.com",
  });
  vi.stubEnv("DATATURE_VI_SECRET_KEY", "dtvi_environment");
  expect(await resolveCredentials()).toMatchObject({ secretKey: "dtvi_environment", organizationId: "org-file" });
  vi.stubEnv("DATATURE_VI_API_ENDPOINT", "http://localhost:9/api/");
  expect(await resolveCredentials({ secretKey: "dtvi_option", organizationId: "org-option" })).toEqual({
    secretKey: "dtvi_option",
    organizationId: "org-option",
    endpoint: "http://localhost:9/api",
  });
});

test("the folder of the Vi SDK is looked at, too; a named file replaces both", async () => {
  await writeConfig(".datature", '{"secret_key":"dtvi_other","organization_id":"org"}');
  expect((await resolveCredentials()).secretKey).toBe("dtvi_other");
  const named = join(home, "mine.json");
  await writeFile(named, '{"secret_key":"dtvi_named","organization_id":"org"}');
  expect((await resolveCredentials({ configFile: "~/mine.json" })).secretKey).toBe("dtvi_named");
});

test("what is missing or wrong is told with every source, without the key", async () => {
  const failure = (options: object) => resolveCredentials(options).catch((error: unknown) => error as Error);
  const none = await failure({});
  expect(InvalidArgumentError.isInstance(none)).toBe(true);
  for (const source of ["options.secretKey", "DATATURE_VI_SECRET_KEY", join(home, "datature", "vi", "config.json")]) {
    expect((none as Error).message).toContain(source);
  }
  expect(((await failure({ secretKey: "dtvi_x" })) as Error).message).toContain("organization ID is required");
  vi.stubEnv("DATATURE_VI_SECRET_KEY", "abc-topsecret");
  const bad = (await failure({ organizationId: "org" })) as Error;
  expect(bad.message).toContain('begins with "dtvi_"');
  expect(bad.message).toContain("environment variable DATATURE_VI_SECRET_KEY");
  expect(bad.message).not.toContain("topsecret");
  for (const organizationId of ["../other", "", "a b"]) {
    expect(InvalidArgumentError.isInstance(await failure({ secretKey: "dtvi_x", organizationId }))).toBe(true);
  }
  await writeConfig("datature", '{"secret_key": "dtvi_leak" oops');
  const broken = (await failure({})) as Error;
  expect(broken.message).toContain("holds no JSON object");
  expect(broken.message).not.toContain("leak");
  expect(((await failure({ configFile: "/nowhere/config.json" })) as Error).message).toContain("does not exist");
  await rm(join(home, "datature"), { recursive: true });
  const endpoint = (await failure({ secretKey: "dtvi_x", organizationId: "o", endpoint: "ftp://x" })) as Error;
  expect(endpoint.message).toContain("options.endpoint");
});
