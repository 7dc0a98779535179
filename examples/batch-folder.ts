// Lists and folders: one outcome per picture; a failure never ends the run.
import { join } from "node:path";
import { loadModel } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const userPrompt = "How many squares are there?";

// As they finish.
const run = model({
  source: [samplesFolder, "missing.png"], // folders, files, URLs and data URIs in any mixture
  recursive: true, // also the folders inside
  userPrompt,
  onProgress: (event) => {
    if (event.kind === "run" && event.completed === event.total) console.log(`${event.total} done`);
  },
});
for await (const { index, outcome } of run) {
  const [result, error] = outcome;
  console.log(index, error === null ? result.rawOutput : error.code);
}

// All at once, in the order of the list, also for a list of one.
const outcomes = await model({ source: [join(samplesFolder, "hand-made-1.png")], userPrompt });
for (const [result, error] of outcomes) console.log("in order:", error?.message ?? result?.rawOutput);
