import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { cacheFolder } from "./cache-folder.ts";

const home = resolve("/home/ada");
const absolute = resolve("/fast/disk");

test.each([
  ["the option first", "/own", { OCELLUS_CACHE: absolute }, "linux", resolve("/own")],
  ["~ in the option", "~/c", {}, "linux", join(home, "c")],
  ["~name is no home", "~c", {}, "linux", resolve("~c")],
  ["then OCELLUS_CACHE", undefined, { OCELLUS_CACHE: absolute, XDG_CACHE_HOME: "/x" }, "linux", absolute],
  ["an empty OCELLUS_CACHE does not count", undefined, { OCELLUS_CACHE: "" }, "linux", join(home, ".cache", "ocellus")],
  ["XDG", undefined, { XDG_CACHE_HOME: absolute }, "linux", join(absolute, "ocellus")],
  ["a relative XDG folder is ignored", undefined, { XDG_CACHE_HOME: "c" }, "linux", join(home, ".cache", "ocellus")],
  ["macOS", undefined, { XDG_CACHE_HOME: absolute }, "darwin", join(home, "Library", "Caches", "ocellus")],
  ["Windows", undefined, { LOCALAPPDATA: absolute }, "win32", join(absolute, "ocellus")],
  ["Windows without the variable", undefined, {}, "win32", join(home, "AppData", "Local", "ocellus")],
] as const)("%s", (_, option, environment, platform, expected) => {
  expect(cacheFolder(option, { environment, platform, home })).toBe(expected);
});
