// Checks that every exported declaration has a docblock.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const exported =
  /^export (?:default )?(?:abstract )?(?:async )?(?:const|let|function\*?|class|interface|type(?! \{)) ?(\w+)/;

function* sourceFiles(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(path);
    else if (/\.ts$/.test(entry.name) && !/\.test(-d)?\.ts$/.test(entry.name) && entry.name !== "index.ts") yield path;
  }
}

const undocumented = [];
let count = 0;
for (const name of [...readdirSync(join(root, "packages")).map((entry) => `packages/${entry}`), "bench"]) {
  for (const file of sourceFiles(join(root, name, "src"))) {
    const lines = readFileSync(file, "utf8").split("\n");
    for (const [index, line] of lines.entries()) {
      const match = exported.exec(line);
      if (match === null) continue;
      count++;
      const before = lines[index - 1]?.trim() ?? "";
      // The later signatures of an overloaded function share the docblock of the first.
      const overload = lines.slice(0, index).some((earlier) => exported.exec(earlier)?.[1] === match[1]);
      if (!before.endsWith("*/") && !overload) undocumented.push(`${relative(root, file)}:${index + 1}: ${match[1]}`);
    }
  }
}
for (const place of undocumented) process.stderr.write(`no docblock: ${place}\n`);
if (undocumented.length > 0) process.exit(1);
process.stdout.write(`docblocks: all ${count} exports have one\n`);
