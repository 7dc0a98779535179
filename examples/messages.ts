// A whole chat at once: earlier turns, also those of another model or day.
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
          { type: "text", text: "How many squares are there?" },
        ],
      },
      { role: "assistant", content: "1" },
      { role: "user", content: "How many circles are there?" },
    ],
    templateOptions: {}, // what the chat template of a checkpoint takes, such as `enable_thinking`
  }),
);
console.log("answer:", response.result);
console.log("picture tokens:", response.usage.imageTokens);
