// A long list in parts, with what the program knows about each picture beside its answer; and how to stop early.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { loadModel } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const chunkSize = 5;
const names = (await readdir(samplesFolder)).filter((name) => name.endsWith(".png")).sort();
await using model = await loadModel(checkpointFolder);

for (let start = 0; start < names.length; start += chunkSize) {
  const chunk = names.slice(start, start + chunkSize);
  const source = chunk.map((name) => join(samplesFolder, name));
  const outcomes = await model({ source, userPrompt: "How many circles are there?" });
  for (const [index, [result, error]] of outcomes.entries()) {
    console.log(JSON.stringify({ name: chunk[index], answer: result?.rawOutput, error: error?.code }));
  }
}

// Stopping keeps what is done; the rest has an "aborted" error.
const stop = new AbortController();
const run = model({
  source: names.map((name) => join(samplesFolder, name)),
  userPrompt: "How many circles are there?",
  batchSize: 1,
  signal: stop.signal,
  onProgress: () => stop.abort(),
});
const outcomes = await run;
const done = outcomes.filter(([, error]) => error === null).length;
console.log(`stopped: ${outcomes.length} outcomes, ${done < outcomes.length ? "some" : "none"} of them aborted`);
