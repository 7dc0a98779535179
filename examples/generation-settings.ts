// How text is generated. Greedy unless asked otherwise; unknown keys throw.
import { join } from "node:path";
import { type GenerationConfigInput, loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const ask = async (generationConfig: GenerationConfigInput): Promise<string> => {
  const source = join(samplesFolder, "generated-1.png");
  return unwrap(await model({ source, userPrompt: "Describe the image.", generationConfig })).rawOutput;
};

console.log("greedy:", await ask({ maxNewTokens: 32 }));
const sampled = { temperature: 1.2, topP: 0.95, topK: 50, minP: 0.05, seed: 7 };
const texts = new Set([await ask(sampled), await ask(sampled)]);
console.log("the same seed, the same text:", texts.size === 1);
console.log("up to a text:", await ask({ stopStrings: ["on a", "."] }));
console.log("two tokens:", await ask({ maxNewTokens: 2, repetitionPenalty: 1 }));
