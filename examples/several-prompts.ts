// A prompt of its own for every picture. The lengths must match.
import { join } from "node:path";
import { InvalidArgumentError, loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const source = ["hand-made-1.png", "hand-made-2.png"].map((name) => join(samplesFolder, name));
await using model = await loadModel(checkpointFolder);

const outcomes = await model({ source, userPrompt: ["How many squares are there?", "Describe the image."] });
for (const response of outcomes.map(unwrap)) console.log(`${response.prompt} ${response.rawOutput}`);

try {
  await model({ source, userPrompt: ["Only one?"] });
} catch (error) {
  if (!InvalidArgumentError.isInstance(error)) throw error;
  console.log("refused:", error.message);
}
