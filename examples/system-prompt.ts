// A system prompt of one's own replaces that of the task; an empty one leaves it out.
import { join } from "node:path";
import { loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const source = join(samplesFolder, "hand-made-1.png");
const userPrompt = "How many circles are there?";
await using model = await loadModel(checkpointFolder);

const systemPrompt = 'You answer questions about images. Reply with JSON: {"vqa":{"answer":"..."}}';
console.log("own:", unwrap(await model({ source, userPrompt, systemPrompt })).rawOutput);
console.log("none:", unwrap(await model({ source, userPrompt, systemPrompt: "" })).rawOutput);
