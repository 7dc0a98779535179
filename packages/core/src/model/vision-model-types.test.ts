import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

// The file is full of assertions by type, some of them "this must not compile".
test("the types of a call are what they are said to be", async () => {
  const compiler = fileURLToPath(new URL("../../../../node_modules/typescript/bin/tsc", import.meta.url));
  const project = fileURLToPath(new URL("../../type-tests/tsconfig.json", import.meta.url));
  const run = promisify(execFile)(process.execPath, [compiler, "-p", project]);
  const { code, stdout, stderr } = await run.then(
    (output) => ({ code: 0, ...output }),
    (error: { code: unknown; stdout: string; stderr: string }) => error,
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
});
