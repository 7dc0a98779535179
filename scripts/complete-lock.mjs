// Adds to package-lock.json the optional packages of other platforms that the registry in use does not carry.
//
// Some mirrors hold native packages for their own platform only; `npm install` then writes a lock file without the
// others, and `npm ci` refuses it everywhere. The entries added here have a version but no integrity hash; npm skips
// them on other platforms and looks them up on theirs. Run it after every change of dependencies.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));

const cpus = {
  arm64: "arm64",
  x64: "x64",
  arm: "arm",
  riscv64: "riscv64",
  ia32: "ia32",
  s390x: "s390x",
  ppc64: "ppc64",
};
const systems = {
  android: "android",
  darwin: "darwin",
  linux: "linux",
  linuxmusl: "linux",
  win32: "win32",
  freebsd: "freebsd",
};

/** What a platform package's name says about where it runs. */
function platformOf(name) {
  const words = name.split(/[/-]/);
  const os = words.map((word) => systems[word]).find(Boolean);
  const cpu = words.map((word) => cpus[word]).find(Boolean);
  const libc = words.some((word) => word.includes("musl")) ? "musl" : "glibc";
  return { ...(cpu ? { cpu: [cpu] } : {}), ...(os ? { os: [os] } : {}), ...(os === "linux" ? { libc: [libc] } : {}) };
}

const present = new Set(Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf("node_modules/") + 13)));
const added = {};
for (const parent of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const platform = platformOf(name);
    if (present.has(name) || platform.os === undefined || !/^\d/.test(version)) continue;
    added[`node_modules/${name}`] = { version, ...platform, optional: true, ...(parent.dev ? { dev: true } : {}) };
  }
}
const entries = Object.entries({ ...lock.packages, ...added });
const [root, ...rest] = entries;
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`lock file: ${Object.keys(added).length} packages of other platforms added\n`);
