// Everything that can be the source of a picture.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadModel, type SourceInput, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const path = join(samplesFolder, "hand-made-1.png"); // "~/pictures/desk.jpg" works, too
const bytes = await readFile(path);
const base64 = bytes.toString("base64");
const sources: Record<string, SourceInput> = {
  path,
  "file URL": pathToFileURL(path),
  "data URI": `data:image/png;base64,${base64}`,
  base64,
  bytes,
  pixels: { data: new Uint8Array(64 * 64 * 3).fill(200), width: 64, height: 64, channels: 3 },
  // and "https://example.com/desk.jpg"
};

await using model = await loadModel(checkpointFolder);
for (const [name, source] of Object.entries(sources)) {
  const answer = unwrap(await model({ source, userPrompt: "How many squares are there?" }));
  console.log(`${name}: ${answer.result}`);
}
