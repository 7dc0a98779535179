// A run as JSON Lines, CSV and COCO.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CocoEntry, loadModel, readPicture, toCoco, toCsv, toJsonLines } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const output = process.argv[2] ?? ".";
await using model = await loadModel(checkpointFolder);
const source = ["generated-1.png", "generated-2.png", "missing.png"].map((name) => join(samplesFolder, name));
const entries: CocoEntry[] = [];
for await (const entry of model({ source, task: "phrase-grounding" })) {
  if (entry.outcome[1] !== null) entries.push(entry);
  else {
    const { width, height } = await readPicture(entry.source);
    entries.push({ ...entry, size: { width, height } });
  }
}
entries.sort((a, b) => a.index - b.index);

// Responses are plain data: JSON.stringify keeps all of them.
await writeFile(join(output, "run.jsonl"), toJsonLines(entries));
await writeFile(join(output, "run.csv"), toCsv(entries));
const coco = toCoco(entries);
await writeFile(join(output, "run.json"), JSON.stringify(coco));
console.log(`${coco.images.length} pictures, ${coco.errors.length} failure`);
