// The answer as it is generated.
import { join } from "node:path";
import { loadModel } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const request = {
  source: join(samplesFolder, "generated-1.png"),
  userPrompt: "Describe the image.",
  stream: true,
} as const;
await using model = await loadModel(checkpointFolder);

const stream = model(request);
for await (const text of stream) process.stdout.write(text);
const final = await stream.finalCompletion(); // the typed response; may be called without iterating
console.log(`\n${final.usage.outputTokens} tokens, first after ${Math.round(final.timings.firstTokenMs)} ms`);

// Events tell thinking from answer, and end with the response.
for await (const event of model(request).events()) {
  if (event.type === "finish") console.log("finished:", event.response.finishReason);
}

// Leaving the loop stops the model.
for await (const text of model(request)) {
  console.log("first piece:", text);
  break;
}
