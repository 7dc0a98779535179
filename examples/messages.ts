// A whole chat at once, with several pictures in one question.
import { join } from "node:path";
import { loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const response = unwrap(
  await model({
    messages: [
      { role: "system", content: "You are a helpful assistant." },
      {
        role: "user",
        content: [
          { type: "image", source: join(samplesFolder, "hand-made-1.png") },
          { type: "image", source: join(samplesFolder, "hand-made-2.png") },
          { type: "text", text: "How many squares are there?" },
        ],
      },
    ],
  }),
);
console.log("answer:", response.result);
console.log("picture tokens:", response.usage.imageTokens);
