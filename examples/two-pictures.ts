// Several pictures in one question: parts of a message, in the order in which the model sees them.
import { join } from "node:path";
import { loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const ask = async (text: string): Promise<string> => {
  const pictures = ["hand-made-1.png", "hand-made-3.png"].map(
    (name) => ({ type: "image", source: join(samplesFolder, name) }) as const,
  );
  const content = [...pictures, { type: "text", text } as const];
  return unwrap(await model({ messages: [{ role: "user", content }] })).rawOutput;
};

console.log("the first:", await ask("What is in the first image?"));
console.log("the triangle:", await ask("What color is the triangle in the second image?"));
console.log("a circle:", await ask("Is there a circle in the second image?"));
