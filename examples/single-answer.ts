// One question about one picture.
import { join } from "node:path";
import { loadModel } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const [result, error] = await model({
  source: join(samplesFolder, "hand-made-1.png"),
  userPrompt: "How many squares are there?",
});
if (error) throw error; // a VisionError with a code, never a bare string

console.log("prompt:", result.prompt);
console.log("answer:", result.result);
console.log("raw output:", result.rawOutput);
console.log("finished by:", result.finishReason, "after", result.usage.outputTokens, "tokens");
