// A chat in which every turn sees the earlier ones. The picture is read and encoded once.
import { join } from "node:path";
import { loadModel, unwrap } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

await using model = await loadModel(checkpointFolder);
const chat = model.session();
const first = unwrap(
  await chat({ source: join(samplesFolder, "hand-made-1.png"), userPrompt: "How many squares are there?" }),
);
console.log("first:", first.rawOutput);
const second = unwrap(await chat({ userPrompt: "How many circles are there?" }));
console.log("second:", second.rawOutput);
console.log("tokens that were known already:", second.usage.cachedTokens);

chat.rollback(); // forget the last turn
for await (const text of chat({ userPrompt: "Describe the image.", stream: true })) process.stdout.write(text);
console.log(`\n${chat.messages.length} messages`);
