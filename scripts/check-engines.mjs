// Checks that every installed package accepts the oldest Node release line that we promise (engines of package.json).
// Without this, one `npm install x@latest` would break the promise silently.
import { readFileSync } from "node:fs";
import semver from "semver";

const promised = "20.20.2";
const lock = JSON.parse(readFileSync(new URL("../package-lock.json", import.meta.url), "utf8"));
const refusing = Object.entries(lock.packages)
  .filter(([, { engines }]) => engines?.node !== undefined && !semver.satisfies(promised, engines.node))
  .map(([path, { version, engines }]) => `${path} ${version} wants node ${engines.node}`);
for (const line of refusing) process.stderr.write(`${line}\n`);
if (refusing.length > 0) process.exit(1);
process.stdout.write(`engines: ${Object.keys(lock.packages).length} packages accept Node ${promised}\n`);
