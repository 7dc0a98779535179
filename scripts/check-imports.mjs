// Checks that packages import each other only along the arrows of the architecture (CONTRIBUTING, "The rooms"), that
// every import of a package is declared, and that no file reaches into another package's folder.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** What each workspace package may import of the others. */
const arrows = {
  "@ocellus/core": [],
  "@ocellus/media": ["@ocellus/core"],
  "@ocellus/hub": ["@ocellus/core", "@ocellus/http"],
  "@ocellus/http": ["@ocellus/core"],
  "@ocellus/engine": ["@ocellus/core", "@ocellus/media", "@ocellus/hub", "@ocellus/http"],
  "@ocellus/roboflow": ["@ocellus/core", "@ocellus/media", "@ocellus/http"],
  "@ocellus/clarifai": ["@ocellus/core", "@ocellus/media", "@ocellus/http"],
  "@ocellus/openai": ["@ocellus/core", "@ocellus/media", "@ocellus/http"],
  "@ocellus/datature": ["@ocellus/core", "@ocellus/hub", "@ocellus/http"],
  "ocellus-tiny": [],
  ocellus: [
    ...["core", "media", "hub", "http", "engine"].map((name) => `@ocellus/${name}`),
    ...["roboflow", "clarifai", "openai", "datature"].map((name) => `@ocellus/${name}`),
  ],
  "@ocellus/server": ["ocellus"],
  "@ocellus/cli": ["@ocellus/core", "ocellus", "ocellus-tiny", "@ocellus/server", "@ocellus/roboflow"],
  "ocellus-bench": [
    ...["@ocellus/core", "@ocellus/hub", "@ocellus/engine", "@ocellus/media", "@ocellus/roboflow"],
    ...["ocellus", "ocellus-tiny"],
  ],
};

const isOurs = (name) => name.startsWith("@ocellus/") || name === "ocellus" || name.startsWith("ocellus-");
const packageOf = (specifier) =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.ts$/.test(entry.name)) yield path;
  }
}

/** Specifiers of static, re-exporting and dynamic imports in a source text. */
function specifiersOf(source) {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"([^"]+)"|(?:^|\n)\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/g;
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? match[3]);
}

const problems = [];
const folders = [
  ...readdirSync(join(root, "packages")).map((name) => join(root, "packages", name)),
  join(root, "bench"),
];
for (const folder of folders) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const allowed = arrows[manifest.name];
  if (allowed === undefined) {
    problems.push(
      `${manifest.name}: not part of the architecture; add it to scripts/check-imports.mjs and CONTRIBUTING`,
    );
    continue;
  }
  const declared = new Set(
    ["dependencies", "peerDependencies", "optionalDependencies"].flatMap((kind) => Object.keys(manifest[kind] ?? {})),
  );
  for (const file of sourceFiles(join(folder, "src"))) {
    const isTest = /\.test(-d)?\.ts$|\/(golden|testing)\//.test(file);
    for (const specifier of specifiersOf(readFileSync(file, "utf8"))) {
      const place = `${relative(root, file)} imports "${specifier}"`;
      if (specifier.startsWith("node:")) continue;
      if (specifier.startsWith(".")) {
        if (relative(folder, join(file, "..", specifier)).startsWith(".."))
          problems.push(`${place}: leaves its package`);
        continue;
      }
      const name = packageOf(specifier);
      if (name === manifest.name) continue;
      if (isOurs(name) && !allowed.includes(name))
        problems.push(`${place}: no arrow leads from there to ${manifest.name}`);
      if (!declared.has(name) && !(isTest && !isOurs(name)))
        problems.push(`${place}: not declared in its package.json`);
    }
  }
}
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`imports: ${folders.length} packages follow the arrows\n`);
