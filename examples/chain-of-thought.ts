// Think first, then answer: `thinking` has the reasoning, `result` the answer alone.
import { join } from "node:path";
import { loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const response = unwrap(
  await model({
    source: join(samplesFolder, "hand-made-1.png"),
    userPrompt: "How many shapes are there?",
    cot: true,
    generationConfig: { maxNewTokens: 256 }, // 4096 by default
  }),
);
console.log("thinking:", response.thinking);
console.log("answer:", response.result);
