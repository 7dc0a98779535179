// What can go wrong, and what a program does about it.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { InvalidArgumentError, loadModel, ModelLoadError, SourceNotFoundError } from "ocellus";
import { checkpointFolder, samplesFolder } from "ocellus-tiny";

const output = process.argv[2] ?? ".";
const broken = join(output, "broken.png");
await writeFile(broken, "no picture");

try {
  await loadModel("no/such/folder");
} catch (error) {
  if (!ModelLoadError.isInstance(error)) throw error;
  console.log("loading:", error.message);
}

await using model = await loadModel(checkpointFolder);
const userPrompt = "How many squares are there?";

// What depends on the world is the second half of the outcome.
const [, missing] = await model({ source: "missing.png", userPrompt });
if (SourceNotFoundError.isInstance(missing)) console.log("missing:", missing.message);
const [, unreadable] = await model({ source: broken, userPrompt });
console.log("unreadable:", unreadable?.code, "worth another try:", unreadable?.isRetryable);
const [, aborted] = await model({ source: broken, userPrompt, signal: AbortSignal.abort() });
console.log("aborted:", aborted?.code);

// Mistakes of the program throw at once.
try {
  model({ source: broken, usrPrompt: "?" } as never);
} catch (error) {
  if (InvalidArgumentError.isInstance(error)) console.log("mistake:", error.message);
}

// Ask again about what failed; one picture left is still a list.
const sources = [join(samplesFolder, "hand-made-1.png"), "missing.png"];
const outcomes = await model({ source: sources, userPrompt });
const failed = sources.filter((_, index) => outcomes[index]?.[1] != null);
const retried = await model({ source: failed, userPrompt });
console.log(`asked again about ${retried.length}: ${retried.map(([, error]) => error?.code ?? "answered").join(", ")}`);
